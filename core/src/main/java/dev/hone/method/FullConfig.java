package dev.hone.method;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.tensor.DType;
import java.util.List;

/** Full fine-tuning: the model's own parameters train, all of them or chosen ones. */
@Name("full")
@Doc("Full fine-tuning: the model's own parameters train, all of them or chosen ones")
public record FullConfig(
    @Doc("Type in which the trained model is written") Stored stored,
    @Doc(
            "What trains: all, head, embeddings, norms, biases, top-N or bottom-N layers, or regular"
                + " expressions over parameters' names")
        List<String> train,
    @Doc("What of it stays as it is, in the same words") List<String> freeze)
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
    return new FullConfig(Stored.F32, List.of("all"), List.of());
  }
}
