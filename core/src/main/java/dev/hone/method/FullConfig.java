package dev.hone.method;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.tensor.DType;

/** Full fine-tuning: every parameter of the model trains. */
@Name("full")
@Doc("Full fine-tuning: every parameter of the model trains")
public record FullConfig(@Doc("Type in which the trained model is written") Stored stored)
    implements MethodConfig {

  /** Types in which weights are written; they train as F32. */
  public enum Stored {
    F32(DType.F32),
    BF16(DType.BF16),
    F16(DType.F16);

    private final DType type;

    Stored(DType type) {
      this.type = type;
    }

    public DType type() {
      return type;
    }
  }

  public static FullConfig defaults() {
    return new FullConfig(Stored.F32);
  }
}
