package dev.hone.method;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Parameters of a model by words: {@code all}, {@code head}, {@code embeddings}, {@code norms},
 * {@code biases}, {@code top-N} (the last N layers and what is above them) and {@code bottom-N}
 * (the first N layers and what is below them); anything else is a regular expression over whole
 * names.
 */
final class Selection {
  private static final List<String> WORDS =
      List.of("all", "head", "embeddings", "norms", "biases", "top-1", "bottom-1");
  private static final Pattern LAYERS = Pattern.compile("(top|bottom)-(\\d+)");
  private static final Pattern NUMBERED = Pattern.compile("(.*?)\\.(\\d+)\\..*");

  private final Model model;
  private final List<String> names;
  private final int layers;
  private final int firstLayered;
  private final int lastLayered;

  Selection(Model model) {
    this.model = model;
    this.names = model.parameters().stream().map(Parameter::name).toList();
    int most = 0;
    int first = names.size();
    int last = -1;
    for (int i = 0; i < names.size(); i++) {
      int layer = layer(names.get(i));
      if (layer >= 0) {
        most = Math.max(most, layer + 1);
        first = Math.min(first, i);
        last = i;
      }
    }
    this.layers = most;
    this.firstLayered = first;
    this.lastLayered = last;
  }

  /**
   * The parameters that are chosen and not left out, in model order. Those that the base's files do
   * not hold are always among them: a head from random numbers must train.
   */
  Set<String> of(List<String> chosen, List<String> left) {
    Set<String> found = new LinkedHashSet<>();
    chosen.forEach(word -> found.addAll(named("method.train", word)));
    left.forEach(word -> found.removeAll(named("method.freeze", word)));
    found.addAll(model.made());
    if (found.isEmpty()) {
      throw new HoneException("method.train and method.freeze leave nothing to train");
    }
    return names.stream()
        .filter(found::contains)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private Set<String> named(String key, String word) {
    Set<String> found =
        names.stream()
            .filter(name -> is(key, name, word))
            .collect(Collectors.toCollection(LinkedHashSet::new));
    if (found.isEmpty()) {
      boolean tied = word.equals("head");
      throw new HoneException(
          key
              + ": '"
              + word
              + "' is no parameter of "
              + model.architecture()
              + (tied ? ", whose head is the table of its embeddings" : Nearest.hint(word, WORDS)));
    }
    return found;
  }

  private boolean is(String key, String name, String word) {
    Matcher layered = LAYERS.matcher(word);
    if (layered.matches()) {
      int count = Integer.parseInt(layered.group(2));
      if (count < 1 || count > layers) {
        throw new HoneException(
            "%s: '%s', but %s has %d layers; expected %s-1 to %s-%d"
                .formatted(
                    key,
                    word,
                    model.architecture(),
                    layers,
                    layered.group(1),
                    layered.group(1),
                    layers));
      }
      int layer = layer(name);
      if (layered.group(1).equals("top")) {
        return layer >= 0 ? layer >= layers - count : isAbove(name);
      }
      return layer >= 0 ? layer < count : isBelow(name);
    }
    return switch (word) {
      case "all" -> true;
      case "head" -> isHead(name);
      case "embeddings" -> isBelow(name);
      case "norms" -> isNorm(name);
      case "biases" -> name.matches(".*\\.bias(_ih|_hh)?"); // two of a recurrent layer
      default -> Targets.matcher(word, name).matches();
    };
  }

  private static int layer(String name) {
    Matcher numbered = NUMBERED.matcher(name);
    return numbered.matches() ? Integer.parseInt(numbered.group(2)) : -1;
  }

  /** Tables, and all else that comes before the first layer. */
  private boolean isBelow(String name) {
    return layer(name) < 0 && (names.indexOf(name) < firstLayered || isTable(name));
  }

  private boolean isAbove(String name) {
    return layer(name) < 0 && names.indexOf(name) > lastLayered && !isTable(name);
  }

  private boolean isTable(String name) {
    return Targets.tables(model).stream().anyMatch(t -> t.weight().name().equals(name));
  }

  /** Linears above the layers, and what belongs to them; the backbone's last norm does not. */
  private boolean isHead(String name) {
    if (!isAbove(name)) {
      return false;
    }
    boolean backbones =
        firstLayered < names.size() && root(name).equals(root(names.get(firstLayered)));
    return !backbones || model.linears().containsKey(Targets.module(name));
  }

  private static String root(String name) {
    return name.substring(0, name.indexOf('.'));
  }

  /** Of a module whose weight is a vector. */
  private boolean isNorm(String name) {
    String weight = Targets.module(name) + ".weight";
    return model.parameters().stream()
        .anyMatch(p -> p.name().equals(weight) && p.value().rank() == 1);
  }
}
