package dev.hone.data;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Rows that must stay together.
 *
 * @param rows their numbers, ascending
 */
record Duplicates(List<Integer> rows) {

  /**
   * Groups rows with equal content, with equal questions, and with similar content. A row that is
   * like no other is a group of its own.
   *
   * <p>A question that more than half of the rows ask is an instruction and joins none of them.
   */
  static List<Duplicates> of(List<Splits.Entry> entries, double threshold) {
    Groups groups = new Groups(entries.size());
    Map<String, Integer> first = new HashMap<>();
    Map<String, List<Integer>> questions = new HashMap<>();
    List<String> texts = new ArrayList<>();
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      Splits.Entry entry = entries.get(i);
      Integer earlier = first.putIfAbsent(entry.content(), i);
      if (earlier != null) {
        groups.join(earlier, i);
      } else {
        texts.add(entry.content());
        numbers.add(i);
      }
      String question = Content.question(entry.example());
      if (question != null) {
        questions.computeIfAbsent(question, q -> new ArrayList<>()).add(i);
      }
    }
    for (List<Integer> asked : questions.values()) {
      if (asked.size() * 2 <= entries.size()) {
        asked.forEach(i -> groups.join(asked.getFirst(), i));
      }
    }
    Groups near = new Groups(texts.size());
    NearDuplicates.join(texts, threshold, near);
    for (int t = 0; t < texts.size(); t++) {
      groups.join(numbers.get(near.find(t)), numbers.get(t));
    }
    Map<Integer, List<Integer>> members = new TreeMap<>();
    for (int i = 0; i < entries.size(); i++) {
      members.computeIfAbsent(groups.find(i), r -> new ArrayList<>()).add(i);
    }
    return members.values().stream().map(Duplicates::new).toList();
  }
}
