package dev.hone.generate;

import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Runs the beam searches of several rows on one model, side by side. */
final class BeamSearch {
  private final GenerationConfig config;
  private final Set<Integer> ends;
  private final Decoding decoding;
  private final int count;

  BeamSearch(GenerationConfig config, Set<Integer> ends, Decoding decoding) {
    this.config = config;
    this.ends = ends;
    this.decoding = decoding;
    this.count = config.numBeams();
  }

  /** A row, and the tokens that were there before its answer. */
  private record Search(Beams beams, Set<Integer> seen) {}

  /**
   * @param prompts the shortest first
   * @param seen tokens of each row that the repetition penalty counts
   * @param room most tokens of each row's answer
   */
  List<int[]> run(List<int[]> prompts, List<Set<Integer>> seen, int[] room) {
    List<Search> all = new ArrayList<>();
    for (int row = 0; row < room.length; row++) {
      all.add(new Search(new Beams(config, ends, room[row]), seen.get(row)));
    }
    long[] copies = new long[room.length * count];
    Arrays.setAll(copies, i -> i / count);
    boolean ignored =
        decoding.begin(
            prompts,
            logits -> advanced(logits.indexSelect(0, Tensors.of(copies, copies.length)), all));
    decoding.select(copies);
    List<Search> open = all;
    while (true) {
      List<Search> going = new ArrayList<>();
      List<Long> places = new ArrayList<>();
      List<Long> tokens = new ArrayList<>();
      for (int row = 0; row < open.size(); row++) {
        Beams beams = open.get(row).beams;
        if (!beams.done()) {
          going.add(open.get(row));
          for (int beam = 0; beam < count; beam++) {
            places.add((long) row * count + beams.sources()[beam]);
            tokens.add(beams.tokens()[beam]);
          }
        }
      }
      if (going.isEmpty()) {
        return all.stream().map(search -> search.beams.best()).toList();
      }
      long[] from = places.stream().mapToLong(Long::longValue).toArray();
      if (going.size() < open.size()) {
        decoding.select(from);
      } else {
        decoding.reorder(from);
      }
      open = going;
      ignored =
          decoding.step(
              tokens.stream().mapToLong(Long::longValue).toArray(),
              logits -> advanced(logits, going));
    }
  }

  /**
   * @param logits [rows * beams, V]
   */
  private boolean advanced(Tensor logits, List<Search> searches) {
    int words = Math.toIntExact(logits.size(1));
    int rows = searches.size();
    float[] before = new float[rows * count];
    for (int row = 0; row < rows; row++) {
      System.arraycopy(searches.get(row).beams.scores(), 0, before, row * count, count);
    }
    Tensor each = logits.logSoftmax(-1);
    if (config.repetitionPenalty() != 1) {
      each = penalised(each, searches, words);
    }
    Tensor sums = each.add(Tensors.of(before, rows * count, 1)).view(rows, (long) count * words);
    int candidates = Math.min(Math.max(2, 1 + ends.size()), words) * count;
    Tensor[] best = sums.topk(candidates);
    float[] scores = best[0].toFloats();
    long[] at = best[1].toLongs();
    for (int row = 0; row < rows; row++) {
      Sampler.requireNumber(scores[row * candidates]);
      int from = row * candidates;
      searches
          .get(row)
          .beams
          .advance(
              Arrays.copyOfRange(scores, from, from + candidates),
              Arrays.copyOfRange(at, from, from + candidates),
              words);
    }
    return true;
  }

  private Tensor penalised(Tensor logs, List<Search> searches, int words) {
    float[] values = logs.toFloats();
    for (int i = 0; i < searches.size() * count; i++) {
      Search search = searches.get(i / count);
      Set<Integer> seen = new HashSet<>(search.seen);
      Arrays.stream(search.beams.open(i % count)).forEach(seen::add);
      for (int token : seen) { // log-likelihoods are below 0
        values[i * words + token] =
            (float) (values[i * words + token] * config.repetitionPenalty());
      }
    }
    return Tensors.of(values, logs.size(0), words);
  }
}
