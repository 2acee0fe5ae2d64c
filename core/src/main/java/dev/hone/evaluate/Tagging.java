package dev.hone.evaluate;

import dev.hone.error.HoneException;
import dev.hone.evaluate.Measures.Measure;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * How well the words of texts are tagged: the share of right tags and, where tags mark entities,
 * how many entities are found to the word, counted as CoNLL's shared tasks and {@code seqeval} do:
 * micro-averaged over all entities, 0 where there is none.
 */
public final class Tagging {
  private static final String ENTITY = "O|[BIESLU]-.+";

  private Tagging() {}

  /** An entity of a text: its type, and its first and last word. */
  record Entity(String type, int first, int last) {}

  /**
   * @param gold tags of each row's words
   * @param predicted likewise
   * @throws HoneException when there is no row
   */
  public static Measures of(String name, List<List<String>> gold, List<List<String>> predicted) {
    if (gold.isEmpty()) {
      throw new HoneException("no row to score: expected at least one test row");
    }
    double[][] words = new double[gold.size()][2];
    double[][] entities = new double[gold.size()][3];
    for (int row = 0; row < gold.size(); row++) {
      List<String> right = gold.get(row);
      List<String> said = predicted.get(row);
      if (right.size() != said.size()) {
        throw new IllegalArgumentException(right.size() + " words, but " + said.size() + " tags");
      }
      for (int word = 0; word < right.size(); word++) {
        words[row][0] += right.get(word).equals(said.get(word)) ? 1 : 0;
      }
      words[row][1] = right.size();
      Set<Entity> expected = entities(right);
      Set<Entity> found = entities(said);
      entities[row][1] = found.size();
      entities[row][2] = expected.size();
      found.retainAll(expected);
      entities[row][0] = found.size();
    }
    Measure accuracy =
        Measure.share("accuracy", Bootstrap.of(words, s -> Bootstrap.ratio(s[0], s[1])));
    List<Measure> measures = new ArrayList<>();
    if (markEntities(Stream.concat(gold.stream(), predicted.stream()).toList())) {
      measures.add(
          Measure.share("f1", Bootstrap.of(entities, s -> Bootstrap.f1(s[0], s[1], s[2]))));
      measures.add(
          Measure.share("precision", Bootstrap.of(entities, s -> Bootstrap.ratio(s[0], s[1]))));
      measures.add(
          Measure.share("recall", Bootstrap.of(entities, s -> Bootstrap.ratio(s[0], s[2]))));
    }
    measures.add(accuracy);
    return new Measures(name, gold.size(), measures);
  }

  private static boolean markEntities(Collection<List<String>> rows) {
    return rows.stream().flatMap(List::stream).allMatch(tag -> tag.matches(ENTITY));
  }

  /**
   * A word goes on with the entity before it where its tag says inside (I) or end (E), that one's
   * said begin (B) or inside, and both are of one type. Any other word but O begins an entity. L
   * and U are other letters for end and single (S).
   */
  static Set<Entity> entities(List<String> tags) {
    Set<Entity> entities = new HashSet<>();
    int first = -1;
    for (int i = 0; i <= tags.size(); i++) {
      String tag = i < tags.size() ? tags.get(i) : "O";
      String before = i > 0 ? tags.get(i - 1) : "O";
      boolean goesOn =
          first >= 0
              && "IEL".contains(mark(tag))
              && "BI".contains(mark(before))
              && type(tag).equals(type(before));
      if (goesOn) {
        continue;
      }
      if (first >= 0) {
        entities.add(new Entity(type(before), first, i - 1));
      }
      first = tag.equals("O") ? -1 : i;
    }
    return entities;
  }

  private static String mark(String tag) {
    return tag.substring(0, 1);
  }

  private static String type(String tag) {
    return tag.substring(Math.min(2, tag.length()));
  }
}
