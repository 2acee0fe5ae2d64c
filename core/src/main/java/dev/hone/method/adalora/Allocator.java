package dev.hone.method.adalora;

import dev.hone.tensor.DType;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.Collection;
import java.util.List;

/** Takes ranks away step by step, from wherever they matter least (section 3.3 of the paper). */
record Allocator(AdaLoraConfig config, Collection<Triple> triples) {

  /**
   * After an optimiser step, before its gradients are cleared.
   *
   * @param step counted from 1
   * @param total steps of the schedule
   */
  void stepped(int step, int total) {
    int last = total - config.tfinal();
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      if (step < last) {
        triples.forEach(t -> t.observe(config.beta1(), config.beta2()));
        if (step > config.tinit() && step % config.deltaT() == 0) {
          keep(budget(step, last));
        }
      } else if (step == last) {
        keep(endBudget());
        triples.forEach(t -> List.of(t.ofA(), t.ofE(), t.ofB()).forEach(Sensitivity::forget));
      } else {
        // A masked value has a gradient all the same, and the optimiser moves it.
        triples.forEach(t -> t.e().mulInPlace(t.mask()));
      }
    }
  }

  private int ranks() {
    return triples.stream().mapToInt(t -> (int) t.e().size(0)).sum();
  }

  private int endBudget() {
    return config.targetRank() * triples.size();
  }

  /** Falls with the cube of the time that is left. */
  private int budget(int step, int last) {
    double left = 1 - (double) (step - config.tinit()) / (last - config.tinit());
    return (int) ((ranks() - endBudget()) * left * left * left + endBudget());
  }

  /** Keeps the ranks with the highest scores. */
  private void keep(int budget) {
    int dropped = ranks() - budget;
    if (dropped <= 0) {
      return;
    }
    List<Tensor> scores = triples.stream().map(Triple::scores).toList();
    Tensor sorted = Tensors.cat(scores, 0).sortDescending()[0];
    Tensor threshold = sorted.select(0, sorted.size(0) - dropped);
    int i = 0;
    for (Triple triple : triples) {
      Tensor kept = scores.get(i++).gt(threshold).to(DType.F32).reshape(-1, 1);
      triple.mask().copyFrom(kept);
      triple.e().mulInPlace(kept);
    }
  }
}
