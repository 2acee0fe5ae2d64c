package dev.hone.method;

import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.model.VirtualTokens;
import dev.hone.store.Config;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Virtual tokens that are vectors before those of every row's tokens. */
public abstract class SoftVectors extends SoftPrompt {
  private static final List<String> HEADS =
      List.of("num_attention_heads", "n_head", "num_heads", "encoder_attention_heads");

  private final SoftPromptConfig config;
  private final int copies;

  /**
   * @param copies how many times the tokens stand in the table; the first of them counts, as in
   *     PEFT
   */
  protected SoftVectors(
      SoftPromptConfig config, Model model, Leaves leaves, int[] text, int copies) {
    super(config, model, leaves, text);
    this.config = config;
    this.copies = copies;
  }

  @Override
  protected final int rows() {
    return copies * config.numVirtualTokens();
  }

  @Override
  protected final long width() {
    return model.backbone().tokens().weight().value().size(1);
  }

  @Override
  protected VirtualTokens tokens(Maker maker) {
    int count = config.numVirtualTokens();
    return new VirtualTokens.Prompt(
        count, (inputs, pass) -> maker.table(pass.training()).narrow(0, 0, count));
  }

  /** What the vectors begin as: real tokens, or numbers of their size. */
  protected final Tensor firstVectors() {
    Tensor real = model.backbone().vectors(realTokens(), Pass.plain()).squeeze(0);
    return config.start() == SoftPromptConfig.Start.RANDOM
        ? Tensors.normal(0, real.square().mean().sqrt().item(), real.shape())
        : real;
  }

  @Override
  protected Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(super.fields());
    fields.put("token_dim", width());
    Config read = model.config();
    HEADS.stream()
        .map(read::optionalInt)
        .flatMapToInt(OptionalInt::stream)
        .findFirst()
        .ifPresent(heads -> fields.put("num_attention_heads", heads));
    return fields;
  }
}
