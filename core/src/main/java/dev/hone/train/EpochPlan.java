package dev.hone.train;

import dev.hone.data.Batches;
import dev.hone.data.TokenRow;
import java.util.List;

/** Steps in the order of shuffled epochs; the epoch in use is remembered. */
public final class EpochPlan implements BatchPlan {
  private final Batches batches;
  private int epoch = -1;
  private List<List<TokenRow>> current = List.of();

  public EpochPlan(Batches batches) {
    this.batches = batches;
  }

  @Override
  public int stepsPerEpoch() {
    return batches.perEpoch();
  }

  @Override
  public List<TokenRow> rows(int step) {
    int wanted = step / stepsPerEpoch();
    if (wanted != epoch) {
      current = batches.epoch(wanted);
      epoch = wanted;
    }
    return current.get(step % stepsPerEpoch());
  }
}
