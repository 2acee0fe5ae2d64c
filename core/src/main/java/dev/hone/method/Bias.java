package dev.hone.method;

import dev.hone.model.Model;
import dev.hone.model.Parameter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/** Which biases of the base train beside a method's own tensors, in PEFT's words. */
public enum Bias {
  NONE,
  /** All of the model. */
  ALL,
  /** Those of the adapted linears. */
  LORA_ONLY,
  /** The same, as PEFT says it for VeRA. */
  VERA_ONLY;

  /** What {@code bias} of a file says, in a word that PEFT has for this method. */
  public static Bias read(PeftJson json, String peftType) {
    String word = json.word("bias", NONE.word());
    return Arrays.stream(values())
        .filter(bias -> bias.word().equals(word) && bias.suits(peftType))
        .findFirst()
        .orElseThrow(() -> json.unsupported("bias"));
  }

  /** Whether it is no other method's word. */
  boolean suits(String peftType) {
    return this != (peftType.equals("VERA") ? LORA_ONLY : VERA_ONLY);
  }

  /** As a file says it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Names of the biases that train, where modules of these paths are adapted. */
  public List<String> names(Model model, Set<String> adapted) {
    return switch (this) {
      case NONE -> List.of();
      case ALL ->
          model.parameters().stream()
              .map(Parameter::name)
              .filter(name -> name.endsWith(".bias"))
              .toList();
      case LORA_ONLY, VERA_ONLY ->
          adapted.stream()
              .map(path -> model.linears().get(path))
              .filter(linear -> linear != null && linear.bias() != null)
              .map(linear -> Objects.requireNonNull(linear.bias()).name())
              .toList();
    };
  }

  /** What PEFT calls a parameter that is saved as it is, beside adapted modules of these paths. */
  public static String inFile(String parameter, Set<String> adapted) {
    String path = Targets.module(parameter);
    return adapted.contains(path) && parameter.equals(path + ".bias")
        ? PeftMethod.PREFIX + path + ".base_layer.bias"
        : PeftMethod.PREFIX + parameter;
  }
}
