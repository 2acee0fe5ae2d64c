package dev.hone.method.lora;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.PatternSyntaxException;

/** Which modules a configuration means, by PEFT's rules. */
final class Targets {
  private static final String ALL_LINEAR = "all-linear";

  private Targets() {}

  /** The linears that match, in model order; a target that matches nothing is refused. */
  static List<Linear> linears(LoraConfig config, Model model) {
    Collection<Linear> all = model.linears().values();
    if (config.targetModules().equals(List.of(ALL_LINEAR))) {
      return all.stream().filter(l -> !isOutput(l.name()) && !savedWhole(l, config)).toList();
    }
    if (config.targetModules().isEmpty()) {
      throw new HoneException(
          "targetModules: is empty, so there is nothing to adapt; name modules, or use "
              + ALL_LINEAR);
    }
    for (String target : config.targetModules()) {
      if (all.stream().noneMatch(l -> matches(l.name(), target))) {
        TreeSet<String> endings = new TreeSet<>();
        all.forEach(l -> endings.add(l.name().substring(l.name().lastIndexOf('.') + 1)));
        endings.add(ALL_LINEAR);
        throw new HoneException(
            "targetModules: no linear of "
                + model.architecture()
                + " is called '"
                + target
                + "'"
                + Nearest.hint(target, endings));
      }
    }
    return all.stream()
        .filter(l -> config.targetModules().stream().anyMatch(t -> matches(l.name(), t)))
        .filter(l -> !savedWhole(l, config))
        .toList();
  }

  /** A module that trains whole gets no product beside it, as in PEFT. */
  private static boolean savedWhole(Linear linear, LoraConfig config) {
    return config.modulesToSave().stream().anyMatch(m -> matches(linear.name(), m));
  }

  /** The configuration with every module saved that the base's files do not hold: a new head. */
  static LoraConfig withNewModules(LoraConfig config, Model model) {
    List<String> saved = new ArrayList<>(config.modulesToSave());
    for (String parameter : model.made()) {
      String module = parameter.substring(0, parameter.lastIndexOf('.'));
      if (saved.stream().noneMatch(m -> matches(module, m))) {
        saved.add(module);
      }
    }
    return config.saving(saved);
  }

  /** PEFT's rule: the whole path, or its ending after a dot. */
  static boolean matches(String path, String target) {
    return path.equals(target) || path.endsWith("." + target);
  }

  private static boolean isOutput(String path) {
    return List.of("lm_head", "embed_out", "score", "classifier", "cls.predictions.decoder")
        .contains(path);
  }

  /** Whether a linear of the model answers to this name. */
  static boolean exists(String module, Model model) {
    return model.linears().keySet().stream().anyMatch(n -> matches(n, module));
  }

  /** The parameters of the modules to be trained whole, by name. */
  static List<String> saved(LoraConfig config, Model model) {
    List<String> names = new ArrayList<>();
    for (String module : config.modulesToSave()) {
      List<String> found = new ArrayList<>();
      model.parameters().stream()
          .map(p -> p.name())
          .filter(n -> matches(n.substring(0, Math.max(0, n.lastIndexOf('.'))), module))
          .forEach(found::add);
      model.linears().values().stream()
          .filter(l -> matches(l.name(), module))
          .map(l -> l.name() + ".weight")
          .filter(n -> !found.contains(n))
          .forEach(found::add); // a tied head has no parameter of its own until now
      if (found.isEmpty()) {
        throw new HoneException(
            "modulesToSave: " + model.architecture() + " has no module '" + module + "'");
      }
      names.addAll(found);
    }
    return names;
  }

  /** The value of the first pattern that ends the path, or the default. */
  static <T> T byPattern(Map<String, T> patterns, String path, T otherwise) {
    for (Map.Entry<String, T> pattern : patterns.entrySet()) {
      try {
        if (path.matches("(.*\\.)?(" + pattern.getKey() + ")")) {
          return pattern.getValue();
        }
      } catch (PatternSyntaxException e) {
        throw new HoneException(
            "pattern '" + pattern.getKey() + "' is no regular expression: " + e.getDescription(),
            e);
      }
    }
    return otherwise;
  }
}
