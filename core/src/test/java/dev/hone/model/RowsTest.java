package dev.hone.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyDecoders;
import dev.hone.TinyModels;
import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a model says of a row does not depend on the rows and the padding beside it. */
class RowsTest {

  static Stream<String> configs() {
    return Stream.concat(
        Stream.concat(TinyModels.causalConfigs().stream(), TinyDecoders.classifiers().stream()),
        Stream.of(
            TinyDecoders.stretching().get(0),
            TinyDecoders.stretching().get(1),
            TinyModels.llamaConfig("{'architectures': ['LlamaForSequenceClassification']}"),
            TinyModels.gpt2Config("{'architectures': ['GPT2ForSequenceClassification']}"),
            TinyModels.bertConfig("BertForSequenceClassification"),
            TinyModels.bertConfig("BertForTokenClassification"),
            TinyModels.awdLstmClassifier(),
            TinyModels.bertConfig("BertForMaskedLM")));
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("configs")
  void aRowIsTheSameAlonePaddedAndInAnyBatch(String config) {
    List<TokenRow> rows = TinyModels.rows(1, 6);
    TokenRow first = rows.getFirst();
    try (Model model = TinyModels.random(config);
        GradMode off = GradMode.off()) {
      float[] alone = logits(model, List.of(first), first, 0);
      TokenRow longest = new TokenRow(new int[40], new boolean[40], 0, "long");
      assertClose(alone, logits(model, List.of(first, longest), first, 0), "padded");
      assertClose(alone, logits(model, List.of(first, longest), first, 17), "padded with 17");
      Random random = new Random(2);
      for (int i = 0; i < 4; i++) {
        List<TokenRow> mixed = new ArrayList<>(rows);
        Collections.shuffle(mixed, random);
        assertClose(alone, logits(model, mixed, first, 0), "in batch " + i);
      }
      // Another row must give other logits, or the comparison above says nothing.
      float[] other = logits(model, List.of(rows.get(1)), rows.get(1), 0);
      int shared = Math.min(alone.length, other.length);
      double far =
          TinyModels.distance(
              java.util.Arrays.copyOf(alone, shared), java.util.Arrays.copyOf(other, shared));
      assertTrue(far > 1e-2, "rows differ by " + far);
    }
  }

  private static void assertClose(float[] expected, float[] actual, String what) {
    assertEquals(0, TinyModels.distance(expected, actual), 1e-5, what);
  }

  /** The logits of one row's real tokens, or of the row. */
  private static float[] logits(Model model, List<TokenRow> rows, TokenRow wanted, long padId) {
    try (Scope scope = Scope.open()) {
      var all = model.logits(Inputs.of(Batch.of(rows, padId)), Pass.plain());
      var row = all.select(0, rows.indexOf(wanted));
      return row.rank() == 1 ? row.toFloats() : row.narrow(0, 0, wanted.length()).toFloats();
    }
  }

  static Stream<String> decoders() {
    return Stream.concat(
        Stream.concat(TinyModels.causalConfigs().stream(), TinyDecoders.classifiers().stream()),
        Stream.of(TinyModels.awdLstmClassifier()));
  }

  /** Padding may stand on the left as well; positions then count real tokens. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("decoders")
  void aRowIsTheSamePaddedOnTheLeft(String config) {
    long[] ids = {0, 0, 0, 5, 6, 7, 8, 5, 6, 7, 8, 9, 10, 11};
    long[] mask = {0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    try (Model model = TinyModels.random(config);
        Scope scope = Scope.open()) {
      Tensor alone = model.logits(TinyModels.inputs(5, 6, 7, 8), Pass.plain());
      Tensor both =
          model.logits(
              new Inputs(Tensors.of(ids, 2, 7), Tensors.of(mask, 2, 7), null, null), Pass.plain());
      Tensor padded = both.select(0, 0);
      float[] real = (padded.rank() == 1 ? padded : padded.narrow(0, 3, 4)).toFloats();
      assertClose(alone.toFloats(), real, "left");
      assertTrue(both.isFinite(), "padding has no say, but is no NaN either");
    }
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("dev.hone.TinyModels#causalConfigs")
  void aDecoderNeverLooksAhead(String config) {
    try (Model model = TinyModels.random(config);
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      float[] first =
          model.logits(TinyModels.inputs(5, 6, 7, 8), Pass.plain()).narrow(1, 0, 3).toFloats();
      float[] second =
          model.logits(TinyModels.inputs(5, 6, 7, 80), Pass.plain()).narrow(1, 0, 3).toFloats();
      assertClose(first, second, "the last token changed the ones before it");
    }
  }

  @Test
  void anEncoderLooksAhead() {
    try (Model model = TinyModels.bert("BertForTokenClassification");
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      float[] first =
          model.logits(TinyModels.inputs(5, 6, 7, 8), Pass.plain()).select(1, 0).toFloats();
      float[] second =
          model.logits(TinyModels.inputs(5, 6, 7, 80), Pass.plain()).select(1, 0).toFloats();
      assertTrue(TinyModels.distance(first, second) > 1e-3);
    }
  }

  @Test
  void aSegmentChangesAnEncodersAnswer() {
    try (Model model = TinyModels.bert("BertForSequenceClassification");
        Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      var ids = Tensors.of(new long[] {5, 6, 7}, 1, 3);
      var ones = Tensors.of(new long[] {0, 1, 1}, 1, 3);
      float[] plain = model.logits(Inputs.of(ids), Pass.plain()).toFloats();
      float[] paired = model.logits(new Inputs(ids, null, ones, null), Pass.plain()).toFloats();
      assertTrue(TinyModels.distance(plain, paired) > 1e-3);
    }
  }

  /** Learned positions end; what is longer cannot be looked up. */
  @ParameterizedTest(name = "{index}")
  @MethodSource("withLearnedPositions")
  void aRowLongerThanTheLearnedPositionsIsRefused(String config) {
    try (Model model = TinyModels.random(config);
        Scope scope = Scope.open()) {
      var refused =
          assertThrows(
              HoneException.class,
              () -> model.logits(TinyModels.inputs(new int[65]), Pass.plain()));
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains("65") && message.contains("64"), message);
    }
  }

  static Stream<String> withLearnedPositions() {
    return Stream.of(
        TinyModels.gpt2Config("{}"), TinyModels.bertConfig("BertForSequenceClassification"));
  }

  @Test
  void dropoutIsForTrainingOnly() {
    try (Model model = TinyModels.gpt2();
        Scope scope = Scope.open()) {
      Inputs inputs = TinyModels.inputs(1, 2, 3);
      float[] plain = model.logits(inputs, Pass.plain()).toFloats();
      assertEquals(0, TinyModels.distance(plain, model.logits(inputs, Pass.plain()).toFloats()));
      assertEquals(
          0, TinyModels.distance(plain, model.logits(inputs, Pass.plain().train(0)).toFloats()));
      // -1 keeps GPT-2's own 0.1.
      for (double rate : new double[] {-1, 0.3}) {
        float[] dropped = model.logits(inputs, Pass.plain().train(rate)).toFloats();
        assertTrue(TinyModels.distance(plain, dropped) > 1e-3, "rate " + rate);
      }
    }
  }
}
