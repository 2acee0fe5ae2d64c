package dev.hone.tokenizer;

import dev.hone.error.HoneException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Trains a byte-level BPE vocabulary (Sennrich et al. 2016, arXiv:1508.07909; GPT-2's bytes).
 *
 * <p>Equal pieces of text are counted once, and a merge touches only the words that hold its pair.
 * The queue is mended lazily: an entry whose count has fallen since is put back with the true one.
 * The result depends on the counts alone, so it is the same for any order of the texts.
 */
public final class BpeTrainer {
  /** A pair that occurs once would only learn one text by heart. */
  private static final long MIN_COUNT = 2;

  /** Longer runs without a space are hashes or encoded data, which teach nothing. */
  private static final int MAX_WORD_BYTES = 256;

  private record Candidate(long count, long pair) implements Comparable<Candidate> {
    /** Most frequent first; then the older pair, as the Hugging Face trainer does. */
    @Override
    public int compareTo(Candidate other) {
      int byCount = Long.compare(other.count, count);
      return byCount != 0 ? byCount : Long.compare(pair, other.pair);
    }
  }

  private static final class Count {
    long value;
  }

  /** Words in which a pair was seen; may name a word twice, or one that has lost the pair since. */
  private static final class Places {
    int[] words = new int[2];
    int size;

    void add(int word) {
      if (size == words.length) {
        words = Arrays.copyOf(words, size * 2);
      }
      words[size++] = word;
    }
  }

  private final List<String> tokens = new ArrayList<>();
  private final List<String> merges = new ArrayList<>();
  private final Map<Long, Count> counts = new HashMap<>();
  private final Map<Long, Places> places = new HashMap<>();
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>();
  private int[][] words = {};
  private long[] frequencies = {};

  private BpeTrainer() {}

  /**
   * Trains on texts, read once.
   *
   * @param vocabSize tokens in all: 4 special ones, 256 bytes, and a merge for each other. The
   *     result has fewer where the texts repeat too little.
   */
  public static BpeVocabulary train(Iterable<String> texts, int vocabSize) {
    BpeTrainer trainer = new BpeTrainer();
    trainer.tokens.addAll(BpeVocabulary.SPECIAL);
    int[] byteIds = trainer.addBytes();
    int smallest = trainer.tokens.size();
    if (vocabSize < smallest) {
      throw new HoneException(
          "vocab_size "
              + vocabSize
              + " is too small: expected at least "
              + smallest
              + " (256 bytes and the special tokens)");
    }
    trainer.count(texts, byteIds);
    trainer.merge(vocabSize);
    return new BpeVocabulary(trainer.tokens, trainer.merges);
  }

  /** Returns the id of each byte; ids follow the order of the bytes' characters. */
  private int[] addBytes() {
    Integer[] order = new Integer[256];
    Arrays.setAll(order, b -> b);
    Arrays.sort(order, (a, b) -> Character.compare(ByteLevel.character(a), ByteLevel.character(b)));
    int[] ids = new int[256];
    for (int b : order) {
      ids[b] = tokens.size();
      tokens.add(String.valueOf(ByteLevel.character(b)));
    }
    return ids;
  }

  private void count(Iterable<String> texts, int[] byteIds) {
    Map<String, Count> pieces = new HashMap<>();
    for (String text : texts) {
      ByteLevel.split(text, piece -> pieces.computeIfAbsent(piece, p -> new Count()).value++);
    }
    words = new int[pieces.size()][];
    frequencies = new long[pieces.size()];
    int w = 0;
    for (Map.Entry<String, Count> piece : pieces.entrySet()) {
      byte[] bytes = piece.getKey().getBytes(StandardCharsets.UTF_8);
      int[] word = new int[bytes.length > MAX_WORD_BYTES ? 0 : bytes.length];
      for (int i = 0; i < word.length; i++) {
        word[i] = byteIds[bytes[i] & 0xFF];
      }
      words[w] = word;
      frequencies[w++] = piece.getValue().value;
    }
  }

  private void merge(int vocabSize) {
    for (int w = 0; w < words.length; w++) {
      add(w, -1);
    }
    counts.forEach((pair, count) -> queue.add(new Candidate(count.value, pair)));
    while (tokens.size() < vocabSize && !queue.isEmpty()) {
      Candidate best = queue.remove();
      Count count = counts.get(best.pair());
      if (count == null || count.value < MIN_COUNT) {
        continue;
      }
      if (count.value != best.count()) {
        queue.add(new Candidate(count.value, best.pair()));
        continue;
      }
      apply(best.pair());
    }
  }

  private void apply(long pair) {
    int left = (int) (pair >>> 32);
    int right = (int) pair;
    int merged = tokens.size();
    tokens.add(tokens.get(left) + tokens.get(right));
    merges.add(tokens.get(left) + " " + tokens.get(right));
    Places where = places.remove(pair);
    Set<Long> grown = new HashSet<>();
    for (int i = 0; where != null && i < where.size; i++) {
      int w = where.words[i];
      int[] before = words[w];
      int[] after = replace(before, left, right, merged);
      if (after.length == before.length) {
        continue; // already merged: the pair stood in this word twice
      }
      for (int k = 0; k + 1 < before.length; k++) {
        Count count = counts.get(pair(before[k], before[k + 1]));
        if (count != null) {
          count.value -= frequencies[w];
        }
      }
      words[w] = after;
      grown.addAll(add(w, merged));
    }
    counts.remove(pair);
    for (long candidate : grown) {
      Count count = counts.get(candidate);
      if (count != null && count.value >= MIN_COUNT) {
        queue.add(new Candidate(count.value, candidate));
      }
    }
  }

  /** Counts a word's pairs; returns those with the new token, whose places are new (-1: all). */
  private List<Long> add(int w, int merged) {
    int[] word = words[w];
    List<Long> fresh = new ArrayList<>();
    for (int k = 0; k + 1 < word.length; k++) {
      long pair = pair(word[k], word[k + 1]);
      counts.computeIfAbsent(pair, p -> new Count()).value += frequencies[w];
      if (merged < 0 || word[k] == merged || word[k + 1] == merged) {
        places.computeIfAbsent(pair, p -> new Places()).add(w);
        fresh.add(pair);
      }
    }
    return fresh;
  }

  private static int[] replace(int[] word, int left, int right, int merged) {
    int[] out = new int[word.length];
    int size = 0;
    for (int k = 0; k < word.length; k++) {
      if (word[k] == left && k + 1 < word.length && word[k + 1] == right) {
        out[size++] = merged;
        k++;
      } else {
        out[size++] = word[k];
      }
    }
    return Arrays.copyOf(out, size);
  }

  private static long pair(int left, int right) {
    return ((long) left << 32) | right;
  }
}
