package dev.hone.train;

import dev.hone.data.TokenRow;
import dev.hone.error.HoneException;
import java.util.ArrayList;
import java.util.List;

/**
 * A long text as several that are read side by side: what a row of one step begins, the row at the
 * same place in the next step goes on with. Every epoch is the same.
 *
 * @param steps rows of each step; the last may have fewer
 */
public record Lanes(List<List<TokenRow>> steps) implements BatchPlan {

  /**
   * @param rows in the order of the text
   * @param count lanes; fewer where there are fewer rows
   */
  public static Lanes of(List<TokenRow> rows, int count) {
    if (rows.isEmpty()) {
      throw new HoneException("no row to read: the stream of texts is empty");
    }
    int lanes = Math.min(count, rows.size());
    // Where the rows do not divide, the first lanes are one longer, so that only ends are missing.
    int length = rows.size() / lanes;
    int longer = rows.size() % lanes;
    List<List<TokenRow>> steps = new ArrayList<>();
    for (int step = 0; step < length + (longer > 0 ? 1 : 0); step++) {
      List<TokenRow> beside = new ArrayList<>();
      for (int lane = 0; lane < (step < length ? lanes : longer); lane++) {
        beside.add(rows.get(lane * length + Math.min(lane, longer) + step));
      }
      steps.add(beside);
    }
    return new Lanes(steps);
  }

  @Override
  public int stepsPerEpoch() {
    return steps.size();
  }

  @Override
  public List<TokenRow> rows(int step) {
    return steps.get(step % steps.size());
  }
}
