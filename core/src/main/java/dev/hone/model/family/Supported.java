package dev.hone.model.family;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A hundred class names in one readable line: models that have the same heads stand together. */
final class Supported {
  private static final Pattern HEAD = Pattern.compile("(.*?)(For[A-Z].*|LMHeadModel|Model)");

  private Supported() {}

  /** For example {@code Llama, Mistral (ForCausalLM, ForSequenceClassification); T5 (...)}. */
  static String list(Collection<String> architectures) {
    Map<String, List<String>> heads = new LinkedHashMap<>();
    for (String architecture : architectures) {
      Matcher found = HEAD.matcher(architecture);
      String model = found.matches() ? found.group(1) : architecture;
      String head = found.matches() ? found.group(2) : "";
      heads.computeIfAbsent(model, _ -> new ArrayList<>()).add(head);
    }
    Map<List<String>, List<String>> models = new LinkedHashMap<>();
    heads.forEach(
        (model, its) ->
            models
                .computeIfAbsent(its.stream().sorted().toList(), _ -> new ArrayList<>())
                .add(model));
    StringJoiner groups = new StringJoiner("; ");
    models.forEach(
        (its, names) -> groups.add(String.join(", ", names) + " (" + String.join(", ", its) + ")"));
    return groups.toString();
  }
}
