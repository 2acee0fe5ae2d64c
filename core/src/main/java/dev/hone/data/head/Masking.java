package dev.hone.data.head;

import dev.hone.data.Batch;
import dev.hone.data.Target;
import dev.hone.data.TokenRow;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Hides words for a model to find (arXiv:1810.04805): of 15 % of the tokens, eight in ten become
 * the mask, one a random token, one stays. At least one token of a row is chosen.
 *
 * @param mask id of the mask token
 * @param words ids that a random token is drawn from, 0 to this
 */
public record Masking(int mask, int words) {
  private static final double CHOSEN = 0.15;

  /** Rows with some of their learned tokens hidden, the same ones for the same seed. */
  public List<TokenRow> of(List<TokenRow> rows, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return rows.stream().map(row -> of(row, random.split())).toList();
  }

  private TokenRow of(TokenRow row, SplittableRandom random) {
    int[] hideable = IntStream.range(0, row.length()).filter(i -> row.learned()[i]).toArray();
    int[] chosen = IntStream.of(hideable).filter(i -> random.nextDouble() < CHOSEN).toArray();
    if (chosen.length == 0) {
      chosen = new int[] {hideable[random.nextInt(hideable.length)]};
    }
    int[] ids = row.ids().clone();
    int[] labels = new int[ids.length];
    Arrays.fill(labels, (int) Batch.IGNORE);
    for (int i : chosen) {
      labels[i] = ids[i];
      int way = random.nextInt(10);
      if (way < 8) {
        ids[i] = mask;
      } else if (way == 8) {
        ids[i] = random.nextInt(words);
      }
    }
    return new TokenRow(
        ids, row.learned(), -1, row.origin(), List.of(), row.types(), new Target.Tokens(labels));
  }
}
