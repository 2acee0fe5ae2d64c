package dev.hone.train.preference;

import java.util.LinkedHashMap;
import java.util.Map;

/** Adds up what a step or a validation shows beside its loss, under the names that TRL logs. */
final class Tally {
  private double chosen;
  private double rejected;
  private long chosenCount;
  private long rejectedCount;
  private long pairs;
  private long wins;

  void pair(double chosenReward, double rejectedReward) {
    one(chosenReward, true);
    one(rejectedReward, false);
    pairs++;
    wins += chosenReward > rejectedReward ? 1 : 0;
  }

  void one(double reward, boolean wanted) {
    if (wanted) {
      chosen += reward;
      chosenCount++;
    } else {
      rejected += reward;
      rejectedCount++;
    }
  }

  Map<String, Double> measures() {
    Map<String, Double> measures = new LinkedHashMap<>();
    if (chosenCount > 0) {
      measures.put("rewards/chosen", chosen / chosenCount);
    }
    if (rejectedCount > 0) {
      measures.put("rewards/rejected", rejected / rejectedCount);
    }
    if (chosenCount > 0 && rejectedCount > 0) {
      measures.put("rewards/margins", chosen / chosenCount - rejected / rejectedCount);
    }
    if (pairs > 0) {
      measures.put("rewards/accuracies", (double) wins / pairs);
    }
    return measures;
  }
}
