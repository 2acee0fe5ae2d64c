package dev.hone.train;

import dev.hone.data.TokenRow;
import java.util.List;

/** The rows of every optimiser step, as a pure function of the step: what makes resuming exact. */
public interface BatchPlan {
  int stepsPerEpoch();

  /**
   * @param step counted from 0
   */
  List<TokenRow> rows(int step);
}
