package dev.hone.method;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The configuration of a method whose files are PEFT's. */
public interface PeftConfig extends MethodConfig {
  /** What PEFT calls the method: {@code peft_type}. */
  String peftType();

  /** Which modules are adapted; see {@link Targets}. */
  List<String> targetModules();

  /** Modules that are left out although they are targets. */
  default List<String> excludeModules() {
    return List.of();
  }

  /** Layers to which targets are confined; empty means all. */
  default List<Integer> layersToTransform() {
    return List.of();
  }

  /** What stands before the number of a layer; empty means anything. */
  default List<String> layersPattern() {
    return List.of();
  }

  /** Other ranks for targets whose names match the key. */
  default Map<String, Integer> rankPattern() {
    return Map.of();
  }

  /** Other alphas, likewise. */
  default Map<String, Double> alphaPattern() {
    return Map.of();
  }

  /** Modules that are trained whole and saved with the adapter. */
  List<String> modulesToSave();

  /** Biases of the base that train too. */
  default Bias bias() {
    return Bias.NONE;
  }

  /** Whether a classifier's head trains and is saved although nobody names it. */
  default boolean savesHead() {
    return false;
  }

  /** Whether a head that is the table of tokens changes with it. */
  default boolean ensureWeightTying() {
    return false;
  }

  /** The method's own keys of {@code adapter_config.json}. */
  Map<String, @Nullable Object> fields();

  /** A number as PEFT writes it: whole ones without a decimal point. */
  static Object number(double value) {
    return value == Math.rint(value) ? (Object) (long) value : (Object) value;
  }

  /** Numbers by pattern, likewise. */
  static Map<String, Object> numbers(Map<String, Double> values) {
    Map<String, Object> numbers = new LinkedHashMap<>();
    values.forEach((pattern, value) -> numbers.put(pattern, number(value)));
    return numbers;
  }
}
