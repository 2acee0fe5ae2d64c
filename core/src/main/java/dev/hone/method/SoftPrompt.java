package dev.hone.method;

import dev.hone.error.HoneException;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Recurrent;
import dev.hone.model.Stack;
import dev.hone.model.VirtualTokens;
import dev.hone.tensor.Linalg;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A method whose adapter is virtual tokens before every row. PEFT's files hold a table of what they
 * are, one row a token; a network that makes this table while it trains is no part of them.
 */
public abstract class SoftPrompt extends PeftMethod {
  /** The table, in a file. */
  public static final String TABLE = "prompt_embeddings";

  /** Before the names of what makes the table. */
  public static final String MAKER = "prompt_encoder.";

  /** Gives the table [rows, width] that virtual tokens are. */
  @FunctionalInterface
  protected interface Maker {
    Tensor table(boolean training);
  }

  private final SoftPromptConfig config;
  private final int[] text;
  private @Nullable Maker maker;

  /**
   * @param text ids of the text to begin with, where the configuration asks for one
   */
  protected SoftPrompt(SoftPromptConfig config, Model model, Leaves leaves, int[] text) {
    super(config, model, leaves);
    this.config = config;
    this.text = text;
  }

  // What a method says

  /** Rows of the table. */
  protected int rows() {
    return config.numVirtualTokens();
  }

  /** Numbers of a row of the table. */
  protected abstract long width();

  /**
   * What begins the table, or a network that makes it.
   *
   * @param own its tensors, where it is a network
   * @return null where the table itself trains
   */
  protected abstract @Nullable Maker network(Leaves own);

  /** What the table begins as where it trains itself: [rows, width]. */
  protected abstract Tensor begun();

  /** The virtual tokens of a table. */
  protected abstract VirtualTokens tokens(Maker table);

  // The rest is common

  @Override
  protected void shared(List<Linear> adapted, Leaves root) {
    boolean stored = root.loaded() && !root.has(MAKER + "embedding.weight");
    Maker network = stored ? null : network(root.under(MAKER));
    maker = network == null ? trained(root) : network;
  }

  private Maker trained(Leaves root) {
    Tensor table = root.trained(TABLE, this::begun, rows(), width());
    return training -> table;
  }

  /** The table as it is now: [rows, width]. */
  protected final Tensor table() {
    return maker().table(false);
  }

  private Maker maker() {
    return Objects.requireNonNull(maker);
  }

  @Override
  public final VirtualTokens virtualTokens() {
    return tokens(maker());
  }

  @Override
  protected final Set<String> targets() {
    return Set.of();
  }

  @Override
  protected final Change change(Linear at, Leaves own) {
    throw new IllegalArgumentException("virtual tokens change no linear: " + at.name());
  }

  /** PEFT wraps the model once less here. */
  @Override
  protected String prefix() {
    return "base_model.";
  }

  @Override
  protected Map<String, Tensor> saved() {
    Map<String, Tensor> saved = new LinkedHashMap<>(super.saved());
    saved.keySet().removeIf(name -> name.startsWith(MAKER));
    saved.put(TABLE, table());
    return saved;
  }

  @Override
  protected Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(super.fields());
    fields.put("num_virtual_tokens", config.numVirtualTokens());
    fields.put("num_layers", layers());
    return fields;
  }

  /** Layers of the stack that writes, or of the only one. */
  protected final int layers() {
    return switch (model.backbone()) {
      case EncoderDecoder pair -> pair.decoder().blocks().size();
      case Stack stack -> stack.blocks().size();
      case Recurrent recurrent -> throw new IllegalStateException("a prompt has no attention here");
    };
  }

  @Override
  public final Map<String, Tensor> merged() {
    throw new HoneException(
        "an adapter of type "
            + config.peftType()
            + " cannot be merged: it puts virtual tokens before every row, which no weight can stand"
            + " for; use it beside its base");
  }

  /** Virtual tokens are no weights of a sum: nothing is won by smaller ones. */
  @Override
  public boolean decays(String name) {
    return !name.equals(TABLE) && !name.endsWith("embedding.weight");
  }

  // Where tables begin

  /** Ids of real tokens, one for each row: I64[1, rows]. */
  protected final Tensor realTokens() {
    long[] ids = new long[rows()];
    if (config.start() == SoftPromptConfig.Start.TEXT) {
      for (int i = 0; i < ids.length; i++) {
        ids[i] = text[i % text.length];
      }
    } else {
      long words = model.backbone().tokens().weight().value().size(0);
      float[] drawn = Tensors.uniform(0, 1, ids.length).toFloats();
      for (int i = 0; i < ids.length; i++) {
        ids[i] = Math.min(words - 1, (long) (drawn[i] * words));
      }
    }
    return Tensors.of(ids, 1, ids.length);
  }

  /** The least matrix [out, in] of a last linear that makes {@code table} of what it is given. */
  protected static Tensor lastLinear(Tensor inputs, Tensor table) {
    // A little of the identity keeps tokens apart whose inputs are nearly the same.
    Tensor products = inputs.matmul(inputs.t());
    Tensor ridge = Tensors.eye(inputs.size(0)).mul(1e-6 * products.max().item());
    return Linalg.solve(products.add(ridge), table).t().matmul(inputs);
  }
}
