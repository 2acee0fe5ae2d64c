package dev.hone.generate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * The beam search of one row: open beams, and the best answers that have ended. Scores are floats
 * and are rounded where Transformers rounds them.
 */
final class Beams {
  private final GenerationConfig config;
  private final Set<Integer> ends;
  private final int room;
  private int[][] open;
  private float[] scores;
  private long[] tokens;
  private int[] sources;
  private List<Finished> finished = new ArrayList<>();
  private int length;
  private boolean hopeful = true;
  private boolean done;

  private record Finished(int[] tokens, float score) {}

  /**
   * @param room most tokens of an answer
   */
  Beams(GenerationConfig config, Set<Integer> ends, int room) {
    this.config = config;
    this.ends = ends;
    this.room = room;
    this.open = new int[config.numBeams()][0];
    this.tokens = new long[config.numBeams()];
    this.sources = new int[config.numBeams()];
    this.scores = new float[config.numBeams()];
    // All beams are the same at first: only one of them counts.
    Arrays.fill(scores, 1, scores.length, -1e9f);
  }

  /**
   * @param best log-likelihoods of the best continuations, the best first
   * @param at beam * V + token of each
   * @param words V
   */
  void advance(float[] best, long[] at, int words) {
    int[][] next = new int[open.length][];
    float[] nextScores = new float[open.length];
    int kept = 0;
    boolean allHit = true;
    boolean full = finished.size() == open.length;
    List<Finished> merged = new ArrayList<>(finished);
    for (int k = 0; k < best.length; k++) {
      int beam = (int) (at[k] / words);
      int token = (int) (at[k] % words);
      boolean hit = ends.contains(token) || length + 1 == room;
      allHit &= hit;
      if (!hit && kept < open.length) {
        tokens[kept] = token;
        sources[kept] = beam;
        nextScores[kept] = best[k];
        next[kept++] = with(open[beam], token);
      }
      // The others stand by for the case that the best ones all end here.
      boolean counts = k < open.length && hopeful;
      if (hit && counts && !(full && config.earlyStopping() == EarlyStopping.TRUE)) {
        merged.add(new Finished(with(open[beam], token), best[k] / normal(length + 1)));
      }
    }
    merged.sort(Comparator.comparingDouble(f -> -f.score));
    finished = new ArrayList<>(merged.subList(0, Math.min(open.length, merged.size())));
    length++;
    if (kept == open.length) {
      open = next;
      scores = nextScores;
      full = finished.size() == open.length;
      hopeful &= !full || scores[0] / normal(farthest()) > finished.getLast().score;
    }
    done = allHit || !hopeful || (full && config.earlyStopping() == EarlyStopping.TRUE);
  }

  private int farthest() {
    boolean never = config.earlyStopping() == EarlyStopping.NEVER;
    return never && config.lengthPenalty() > 0 ? room : length;
  }

  private float normal(int count) {
    return (float) Math.pow(count, config.lengthPenalty());
  }

  private static int[] with(int[] ids, int token) {
    int[] longer = Arrays.copyOf(ids, ids.length + 1);
    longer[ids.length] = token;
    return longer;
  }

  boolean done() {
    return done;
  }

  /** Log-likelihood of each open beam. */
  float[] scores() {
    return scores;
  }

  /** The last token of each open beam. */
  long[] tokens() {
    return tokens;
  }

  /** The beam that each open beam goes on from. */
  int[] sources() {
    return sources;
  }

  /** The tokens of an open beam. */
  int[] open(int beam) {
    return open[beam];
  }

  /** The best answer, once it is done. */
  int[] best() {
    return finished.getFirst().tokens;
  }
}
