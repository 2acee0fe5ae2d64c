package dev.hone.method;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.model.Embedding;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

/**
 * Which modules of a model a configuration means, by PEFT's rules: a target is a whole path or its
 * ending after a dot; {@code regex:} before a single target makes it an expression over whole
 * paths; {@code all-linear} is every linear but the head.
 */
public record Targets(PeftConfig config, Model model) {
  static final String ALL_LINEAR = "all-linear";
  static final String REGEX = "regex:";

  /** What PEFT takes for the head of a classifier, or of one that finds answers. */
  static final List<String> HEADS = List.of("classifier", "score", "qa_outputs");

  /** The first numbered part of a path, and the name before it. */
  private static final Pattern LAYER = Pattern.compile(".*?\\.([^.]*)\\.(\\d+)\\..*");

  private static final List<String> OUTPUTS =
      List.of("lm_head", "embed_out", "score", "classifier", "qa_outputs");

  /** The linears that are meant, in model order; a target that matches nothing is refused. */
  public List<Linear> linears() {
    requireAll(model.linears().keySet());
    return model.linears().values().stream().filter(l -> isTarget(l.name())).toList();
  }

  /** The linears and tables that are meant, by name; a target that matches neither is refused. */
  public Set<String> linearsAndTables() {
    Set<String> all = new LinkedHashSet<>(model.linears().keySet());
    tables(model).forEach(table -> all.add(table.name()));
    return meant(all);
  }

  /** The modules with a vector for a weight, which norms are; all of them where none is named. */
  public Set<String> norms() {
    return meantOrAll(name -> name.endsWith(".weight"), "a norm");
  }

  /** The modules with a bias; all of them where none is named. */
  public Set<String> withBias() {
    return meantOrAll(name -> name.endsWith(".bias"), "a bias");
  }

  private Set<String> meantOrAll(Predicate<String> parameters, String what) {
    Set<String> all = new LinkedHashSet<>();
    model.parameters().stream()
        .filter(p -> p.value().rank() == 1 && parameters.test(p.name()))
        .forEach(p -> all.add(module(p.name())));
    if (all.isEmpty()) {
      throw new HoneException(model.architecture() + " has no module with " + what);
    }
    if (!config.targetModules().isEmpty()) {
      return meant(all);
    }
    all.removeIf(name -> isSaved(name));
    return all;
  }

  private Set<String> meant(Set<String> among) {
    requireAll(among);
    Set<String> found = new LinkedHashSet<>(among);
    found.removeIf(name -> !isTarget(name));
    return found;
  }

  private void requireAll(Set<String> names) {
    List<String> targets = config.targetModules();
    if (targets.isEmpty()) {
      throw new HoneException(
          "targetModules: is empty, so there is nothing to adapt; name modules, or use "
              + ALL_LINEAR);
    }
    for (String target : targets) {
      boolean all = targets.size() == 1 && target.equals(ALL_LINEAR);
      if (!all && names.stream().noneMatch(n -> fits(n, target))) {
        TreeSet<String> endings = new TreeSet<>();
        names.forEach(n -> endings.add(n.substring(n.lastIndexOf('.') + 1)));
        endings.add(ALL_LINEAR);
        throw new HoneException(
            "targetModules: no module of "
                + model.architecture()
                + " that can be adapted is called '"
                + target
                + "'"
                + Nearest.hint(target, endings));
      }
    }
    if (names.stream().noneMatch(this::isTarget)) {
      throw new HoneException(
          "targetModules: excludeModules, modulesToSave and layersToTransform leave none of the"
              + " targets");
    }
  }

  /**
   * Refuses an exclusion, a layer or a pattern that means nothing here: a misspelt one would change
   * nothing, and nobody would notice. Only who makes a new adapter is asked; PEFT's files may hold
   * such.
   */
  void requireAllMeant() {
    Set<String> names = new LinkedHashSet<>(model.linears().keySet());
    model.parameters().forEach(p -> names.add(module(p.name())));
    for (String excluded : config.excludeModules()) {
      if (names.stream().noneMatch(n -> fits(n, excluded))) {
        TreeSet<String> endings = new TreeSet<>();
        names.forEach(n -> endings.add(n.substring(n.lastIndexOf('.') + 1)));
        throw new HoneException(
            "excludeModules: "
                + model.architecture()
                + " has no module '"
                + excluded
                + "'"
                + Nearest.hint(excluded, endings));
      }
    }
    requireLayers(names);
    requirePatterns("rankPattern", config.rankPattern().keySet(), names);
    requirePatterns("alphaPattern", config.alphaPattern().keySet(), names);
  }

  private void requireLayers(Set<String> names) {
    TreeSet<Integer> layers = new TreeSet<>();
    names.forEach(name -> layer(name).ifPresent(layers::add));
    for (int layer : config.layersToTransform()) {
      if (!layers.contains(layer)) {
        throw new HoneException(
            layers.isEmpty()
                ? "layersPattern: no module of " + model.architecture() + " lies in such layers"
                : "layersToTransform: layer "
                    + layer
                    + ", but the layers are "
                    + layers.first()
                    + " to "
                    + layers.last());
      }
    }
  }

  private void requirePatterns(String key, Set<String> patterns, Set<String> names) {
    for (String pattern : patterns) {
      if (names.stream()
          .noneMatch(n -> isTarget(n) && byPattern(Map.of(pattern, true), n, false))) {
        throw new HoneException(
            key + ": '" + pattern + "' fits none of the modules that are adapted");
      }
    }
  }

  private boolean isTarget(String path) {
    if (config.excludeModules().stream().anyMatch(e -> fits(path, e)) || isSaved(path)) {
      return false;
    }
    if (config.targetModules().equals(List.of(ALL_LINEAR))) {
      return model.linears().containsKey(path) && !isOutput(path) && inLayers(path);
    }
    return config.targetModules().contains(path)
        || (config.targetModules().stream().anyMatch(t -> fits(path, t)) && inLayers(path));
  }

  private boolean isOutput(String path) {
    Linear linear = model.linears().get(path);
    return OUTPUTS.contains(path)
        || (linear != null
            && linear.parameters().stream().anyMatch(model.head().words()::contains));
  }

  private static boolean fits(String path, String target) {
    return target.startsWith(REGEX)
        ? matcher(target.substring(REGEX.length()), path).matches()
        : matches(path, target);
  }

  private boolean inLayers(String path) {
    return config.layersToTransform().isEmpty()
        || layer(path).filter(config.layersToTransform()::contains).isPresent();
  }

  /** The number of the layer that a module lies in. */
  private Optional<Integer> layer(String path) {
    if (config.layersPattern().isEmpty()) {
      Matcher found = LAYER.matcher(path);
      return found.matches() ? Optional.of(Integer.valueOf(found.group(2))) : Optional.empty();
    }
    return config.layersPattern().stream()
        .map(p -> matcher("(?:|.*?\\.)" + p + "\\.(\\d+)\\..*", path))
        .filter(Matcher::matches)
        .findFirst()
        .map(found -> Integer.valueOf(found.group(found.groupCount())));
  }

  /** A module that trains whole gets nothing beside it, as in PEFT. */
  private boolean isSaved(String path) {
    return config.modulesToSave().stream().anyMatch(m -> isBelow(path, m))
        || model.made().stream().anyMatch(p -> module(p).equals(path)); // a new head
  }

  /** Whether a path is the module, or inside it. */
  private static boolean isBelow(String path, String module) {
    return ("." + path + ".").contains("." + module + ".");
  }

  /**
   * The modules to be trained whole: those of the configuration, those that the base's files do not
   * hold, which a new head is, and the head of a method that always saves it.
   */
  List<String> modulesToSave() {
    List<String> saved = new ArrayList<>(config.modulesToSave());
    Stream<String> heads = HEADS.stream().filter(h -> config.savesHead() && exists(h, model));
    Stream<String> made = model.made().stream().map(Targets::module);
    for (String module : Stream.concat(heads, made).toList()) {
      if (saved.stream().noneMatch(m -> isWhole(module, m))) {
        saved.add(module);
      }
    }
    return saved;
  }

  /** The parameters of {@link #modulesToSave()}, by name. */
  public List<String> savedParameters() {
    List<String> names = new ArrayList<>();
    for (String saved : modulesToSave()) {
      // A tied head has no parameter of its own until now.
      List<String> found =
          Stream.concat(
                  model.parameters().stream().map(Parameter::name),
                  model.linears().keySet().stream().map(name -> name + ".weight"))
              .distinct()
              .filter(name -> isWhole(module(name), saved))
              .toList();
      if (found.isEmpty()) {
        throw new HoneException(
            "modulesToSave: " + model.architecture() + " has no module '" + saved + "'");
      }
      found.stream().filter(name -> !names.contains(name)).forEach(names::add);
    }
    return names;
  }

  /** PEFT's rule: the whole path, or its ending after a dot. */
  public static boolean matches(String path, String target) {
    return path.equals(target) || path.endsWith("." + target);
  }

  /** Whether a module of the model answers to this name. */
  static boolean exists(String module, Model model) {
    return modules(model).anyMatch(path -> isWhole(path, module));
  }

  /** Whether a target means any module of the model. */
  static boolean isThere(String target, Model model) {
    return target.equals(ALL_LINEAR) || modules(model).anyMatch(path -> fits(path, target));
  }

  private static Stream<String> modules(Model model) {
    return Stream.concat(
        model.linears().keySet().stream(), model.parameters().stream().map(p -> module(p.name())));
  }

  /**
   * Whether a module is trained whole: its path, or one above it, ends like this. PEFT does not ask
   * for a dot before the ending here: 'norm' is every module that ends so.
   */
  private static boolean isWhole(String path, String ending) {
    for (int end = path.length(); end > 0; end = path.lastIndexOf('.', end - 1)) {
      if (path.substring(0, end).endsWith(ending)) {
        return true;
      }
    }
    return false;
  }

  /** The tables of a model: its matrices that no linear owns. */
  public static List<Embedding> tables(Model model) {
    return model.parameters().stream()
        .filter(p -> p.name().endsWith(".weight") && p.value().rank() == 2)
        .filter(p -> !model.linears().containsKey(module(p.name())))
        .map(p -> new Embedding(module(p.name()), p))
        .toList();
  }

  /** The module that a parameter belongs to. */
  public static String module(String parameter) {
    return parameter.substring(0, Math.max(0, parameter.lastIndexOf('.')));
  }

  /** The value of the first pattern that ends the path, or the default. */
  public static <T> T byPattern(Map<String, T> patterns, String path, T otherwise) {
    for (Map.Entry<String, T> pattern : patterns.entrySet()) {
      if (matcher("(.*\\.)?(" + pattern.getKey() + ")", path).matches()) {
        return pattern.getValue();
      }
    }
    return otherwise;
  }

  /** A path's ending, whether there is a dot before it or not. */
  public static boolean ends(String path, String ending) {
    return ending.startsWith(REGEX) ? fits(path, ending) : path.endsWith(ending);
  }

  /**
   * A file's expression on a path: it may be wrong, and it may try for longer than anyone waits.
   */
  static Matcher matcher(String text, String path) {
    try {
      return Pattern.compile(text).matcher(new Patience(path, text));
    } catch (PatternSyntaxException e) {
      throw new HoneException(
          "pattern '" + text + "' is no regular expression: " + e.getDescription(), e);
    } catch (StackOverflowError e) {
      throw new HoneException("pattern '" + text + "' has too many brackets in each other", e);
    }
  }
}
