package dev.hone.method;

import dev.hone.config.Doc;
import dev.hone.config.Name;

/** Full fine-tuning: every parameter of the model trains. */
@Name("full")
@Doc("Full fine-tuning: every parameter of the model trains")
public record FullConfig() implements MethodConfig {
  public static FullConfig defaults() {
    return new FullConfig();
  }
}
