package dev.hone.run.head;

import dev.hone.data.Batch;
import dev.hone.data.TokenRow;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.train.HeadObjective;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** What a head says of rows, of each without its padding. */
public record HeadLogits(Model model, Adapter adapter, long padId) {

  /**
   * @param batch rows computed at once
   * @param done told how many rows are done
   * @return for each row K numbers, T times K, or one for each of its sides
   */
  public List<float[]> of(List<TokenRow> rows, int batch, IntConsumer done) {
    // Longest first, so that memory is known after a batch; answers go back to their places.
    List<Integer> order =
        IntStream.range(0, rows.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> -rows.get(i).length()))
            .toList();
    float[][] all = new float[rows.size()][];
    for (int from = 0; from < order.size(); from += batch) {
      List<Integer> places = order.subList(from, Math.min(order.size(), from + batch));
      try (Scope scope = Scope.open();
          GradMode off = GradMode.off()) {
        Batch some = Batch.of(places.stream().map(rows::get).toList(), padId);
        Tensor logits = HeadObjective.logits(model, Pass.plain().with(adapter), some);
        float[] numbers = logits.cpu().toFloats();
        int each = numbers.length / places.size();
        for (int i = 0; i < places.size(); i++) {
          int own =
              logits.rank() < 3
                  ? each
                  : rows.get(places.get(i)).length() * Math.toIntExact(logits.size(2));
          all[places.get(i)] = Arrays.copyOfRange(numbers, i * each, i * each + own);
        }
      }
      done.accept(from + places.size());
    }
    return Arrays.asList(all);
  }
}
