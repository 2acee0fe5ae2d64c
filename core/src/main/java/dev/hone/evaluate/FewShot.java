package dev.hone.evaluate;

import dev.hone.data.DataConfig;
import dev.hone.data.Example;
import dev.hone.tokenizer.Encoder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * The solved examples that a few-shot prompt begins with: drawn from the training rows, as many of
 * each label as of the others, in the words in which the question itself is put.
 *
 * @param shots how many there are
 * @param prefix their token ids
 */
public record FewShot(int shots, int[] prefix) {

  /**
   * @param wanted as many examples as fit into {@code room} tokens, but no more than this
   */
  public static FewShot of(
      List<Example.Labelled> train,
      DataConfig config,
      Encoder encoder,
      int wanted,
      int room,
      long seed) {
    List<Example.Labelled> chosen = balanced(train, wanted, seed);
    int begin = encoder.addsBos() ? 1 : 0;
    while (!chosen.isEmpty()) {
      StringBuilder text = new StringBuilder();
      for (Example.Labelled example : chosen) {
        text.append(config.prompt().replace("{text}", example.whole()))
            .append(config.answer().replace("{label}", example.label()))
            .append("\n\n");
      }
      int[] ids = encoder.encode(text.toString());
      if (ids.length + begin <= room) {
        return new FewShot(chosen.size(), ids);
      }
      chosen = chosen.subList(1, chosen.size());
    }
    return new FewShot(0, new int[0]);
  }

  private static List<Example.Labelled> balanced(
      List<Example.Labelled> train, int wanted, long seed) {
    Random random = new Random(seed);
    Map<String, List<Example.Labelled>> byLabel = new TreeMap<>();
    train.forEach(e -> byLabel.computeIfAbsent(e.label(), l -> new ArrayList<>()).add(e));
    byLabel.values().forEach(rows -> Collections.shuffle(rows, random));
    List<Example.Labelled> chosen = new ArrayList<>();
    for (int round = 0; chosen.size() < wanted; round++) {
      int before = chosen.size();
      for (List<Example.Labelled> rows : byLabel.values()) {
        if (round < rows.size() && chosen.size() < wanted) {
          chosen.add(rows.get(round));
        }
      }
      if (chosen.size() == before) {
        break;
      }
    }
    Collections.shuffle(chosen, random);
    return chosen;
  }

  /** The prompt of a row with these examples before it. */
  public int[] before(int[] prompt, Encoder encoder) {
    int begin = encoder.addsBos() ? 1 : 0;
    int[] whole = new int[prefix.length + prompt.length];
    System.arraycopy(prompt, 0, whole, 0, begin);
    System.arraycopy(prefix, 0, whole, begin, prefix.length);
    System.arraycopy(prompt, begin, whole, begin + prefix.length, prompt.length - begin);
    return whole;
  }
}
