package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.data.DataConfig;
import dev.hone.data.Example;
import dev.hone.data.RowEncoder;
import dev.hone.data.TokenRow;
import dev.hone.data.WordEncoder;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The likelihood of a text longer than the model sees at once, by windows that overlap. */
class StridedPerplexityTest {
  private static final int WINDOW = 12;

  @ParameterizedTest
  @CsvSource({"1", "4", "5", "11"})
  void everyTokenIsScoredOnceBehindWhatItsWindowHolds(int stride) {
    WordEncoder words = new WordEncoder(true);
    String text =
        IntStream.range(0, 50).mapToObj(i -> "w" + i * i % 31).collect(Collectors.joining(" "));
    DataConfig d = DataConfig.defaults();
    DataConfig config =
        new DataConfig(
            d.path(),
            null,
            d.columns(),
            d.header(),
            d.labelNames(),
            d.prompt(),
            d.answer(),
            WINDOW,
            stride,
            0,
            0,
            d.split());
    List<TokenRow> rows =
        new RowEncoder(words, config, TinyModels.POSITIONS, List.of(), null)
            .encode(List.of(new Example.Text(text, "f:1")))
            .rows();
    int[] ids = words.encode("<s>" + text + "</s>");
    try (Model model = TinyModels.llama();
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      double sum = 0;
      long count = 0;
      for (TokenRow row : rows) {
        Batch batch = Batch.of(List.of(row), 0);
        sum += new CausalLmObjective().value(model, Pass.plain(), batch);
        count += batch.learnedTokens();
      }
      double expected = 0;
      for (int t = 1; t < ids.length; t++) {
        // The first window that reaches the token is the one with most before it.
        int first = Math.ceilDiv(Math.max(0, t + 1 - WINDOW), stride) * stride;
        int[] before = Arrays.copyOfRange(ids, first, t);
        float[] logs =
            model
                .logits(TinyModels.inputs(before), Pass.plain())
                .select(1, before.length - 1)
                .logSoftmax(-1)
                .toFloats();
        expected -= logs[ids[t]];
      }
      assertEquals(ids.length - 1, count);
      assertEquals(expected / count, sum / count, 1e-5);
    }
  }
}
