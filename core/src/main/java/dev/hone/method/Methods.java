package dev.hone.method;

import dev.hone.method.lora.Lora;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Model;

/** Attaches the method that a configuration asks for. */
public final class Methods {
  private Methods() {}

  public static Method attach(MethodConfig config, Model model) {
    return switch (config) {
      case FullConfig full -> new Full(full, model);
      case LoraConfig lora -> Lora.attach(lora, model);
      default -> throw new IllegalArgumentException("no method for " + config);
    };
  }
}
