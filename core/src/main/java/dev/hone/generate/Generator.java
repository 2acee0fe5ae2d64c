package dev.hone.generate;

import dev.hone.error.HoneException;
import dev.hone.model.Adapter;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Model;
import dev.hone.model.head.TextHead;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Answers token ids with token ids, one cached column at a time: a decoder continues its prompt, an
 * encoder-decoder writes anew.
 *
 * @param adapter what changes the base model, chosen per generator and never left behind in the
 *     model
 */
public record Generator(Model model, Adapter adapter) {

  public Generator {
    if (!(model.head() instanceof TextHead)) {
      throw new HoneException(
          model.architecture() + " cannot generate text: it has no language model head");
    }
  }

  /** Is asked after each new token of a row whether it is the last one. */
  public interface Until {
    boolean last(int row, int token);
  }

  /**
   * @param prompt at least one id
   * @param last is asked after each new token whether it is the last one
   * @return the new ids, the last one included
   */
  public int[] continued(int[] prompt, GenerationConfig config, IntPredicate last) {
    return continued(List.of(prompt), config, (row, token) -> last.test(token)).getFirst();
  }

  /**
   * Several rows side by side; each gives what it gives alone, with the same seed.
   *
   * @param prompts of any lengths, each at least one id
   * @return the new ids of each row, the last one included
   */
  public List<int[]> continued(List<int[]> prompts, GenerationConfig config, Until until) {
    if (config.numBeams() > 1) {
      throw new IllegalArgumentException("beams are searched, not continued token by token");
    }
    List<Row> rows = rows(prompts, config);
    List<Row> open = rows;
    try (GradMode off = GradMode.off();
        Decoding decoding = new Decoding(model, ordered(rows), columns(rows))) {
      Function<Tensor, long[]> choose = logits -> chosen(logits, rows, config);
      long[] tokens =
          decoding.begin(rows.stream().map(row -> prompts.get(row.number)).toList(), choose);
      while (true) {
        List<Row> going = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < tokens.length; i++) {
          if (!open.get(i).ends((int) tokens[i], until)) {
            going.add(open.get(i));
            places.add(i);
          }
        }
        if (going.isEmpty()) {
          break;
        }
        if (going.size() < open.size()) { // nothing is computed for rows that have ended
          decoding.select(places.stream().mapToLong(Integer::longValue).toArray());
          tokens = places.stream().mapToInt(Integer::intValue).mapToLong(at(tokens)).toArray();
          open = going;
        }
        List<Row> asked = open;
        tokens = decoding.step(tokens, logits -> chosen(logits, asked, config));
      }
    }
    List<int[]> answers = new ArrayList<>(prompts);
    rows.forEach(row -> answers.set(row.number, row.answer()));
    return answers;
  }

  private static java.util.function.IntToLongFunction at(long[] values) {
    return i -> values[i];
  }

  /**
   * The likeliest answer to each prompt that a beam search finds, by the rules of Transformers.
   *
   * @param ends ids that end an answer
   * @return the new ids of each row, the end included where there is one
   */
  public List<int[]> searched(List<int[]> prompts, GenerationConfig config, Set<Integer> ends) {
    List<Row> rows = rows(prompts, config);
    List<int[]> found;
    try (GradMode off = GradMode.off();
        Decoding decoding = new Decoding(model, ordered(rows), columns(rows))) {
      found =
          new BeamSearch(config, ends, decoding)
              .run(
                  rows.stream().map(row -> prompts.get(row.number)).toList(),
                  rows.stream().map(row -> row.seen).toList(),
                  rows.stream().mapToInt(row -> row.room).toArray());
    }
    List<int[]> answers = new ArrayList<>(prompts);
    for (int i = 0; i < found.size(); i++) {
      answers.set(rows.get(i).number, found.get(i));
    }
    return answers;
  }

  /** The tokens that follow, one for each row. */
  private static long[] chosen(Tensor logits, List<Row> rows, GenerationConfig config) {
    if (config.plain()) { // B numbers come back instead of B*V
      Tensor best = logits.argmax(-1);
      float[] values = logits.gather(1, best.unsqueeze(1)).toFloats();
      for (float value : values) {
        Sampler.requireNumber(value); // where there is a NaN, it is the largest
      }
      return best.toLongs();
    }
    float[] all = logits.toFloats();
    int words = all.length / rows.size();
    long[] tokens = new long[rows.size()];
    for (int i = 0; i < tokens.length; i++) {
      Row row = rows.get(i);
      tokens[i] = row.sampler.next(Arrays.copyOfRange(all, i * words, (i + 1) * words), row.seen);
    }
    return tokens;
  }

  /** The rows with the shortest prompt first. */
  private List<Row> rows(List<int[]> prompts, GenerationConfig config) {
    return IntStream.range(0, prompts.size())
        .boxed()
        .sorted(Comparator.comparingInt(i -> prompts.get(i).length))
        .map(i -> row(i, prompts.get(i), config))
        .toList();
  }

  /** Rows that have adapters of their own keep them. */
  private Adapter ordered(List<Row> rows) {
    return adapter.ofRows(rows.stream().mapToInt(Row::number).toArray());
  }

  private Row row(int number, int[] prompt, GenerationConfig config) {
    int limit = model.backbone().maxPositions() - adapter.taken();
    boolean reads = model.backbone() instanceof EncoderDecoder;
    int longest = reads ? limit : limit - 1;
    if (prompt.length == 0 || prompt.length > longest) {
      throw new HoneException(
          "the prompt has " + prompt.length + " tokens; expected 1 to " + longest);
    }
    int taken = reads ? 1 : prompt.length; // by the start token, or by the prompt
    Set<Integer> seen = new HashSet<>();
    if (model.backbone() instanceof EncoderDecoder pair) {
      seen.add(pair.start());
    } else {
      Arrays.stream(prompt).forEach(seen::add);
    }
    int room = Math.min(limit - taken, config.maxNewTokens());
    return new Row(number, taken, room, seen, new Sampler(config), new ArrayList<>());
  }

  private int columns(List<Row> rows) {
    return adapter.taken()
        + rows.stream().mapToInt(Row::taken).max().orElse(0)
        + rows.stream().mapToInt(Row::room).max().orElse(0);
  }

  /**
   * An answer that grows.
   *
   * @param number of its prompt
   * @param taken positions that are taken before the answer
   * @param room most tokens of the answer
   * @param seen tokens before the answer and in it
   */
  private record Row(
      int number, int taken, int room, Set<Integer> seen, Sampler sampler, List<Integer> tokens) {
    boolean ends(int token, Until until) {
      tokens.add(token);
      seen.add(token);
      return until.last(number, token) || tokens.size() >= room;
    }

    int[] answer() {
      return tokens.stream().mapToInt(Integer::intValue).toArray();
    }
  }
}
