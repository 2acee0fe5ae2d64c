package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Block;
import dev.hone.model.Decoder;
import dev.hone.model.Embedding;
import dev.hone.model.Embeddings;
import dev.hone.model.Mlp;
import dev.hone.model.MultiHeadAttention;
import dev.hone.model.Norm;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.store.Config;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * The modules of Llama under the names that its descendants kept; a family puts them together.
 *
 * @param fromOne norms hold the distance of their weights from one (Gemma)
 */
record LlamaModules(Config config, Parts parts, Sizes sizes, double eps, boolean fromOne) {

  static LlamaModules of(Config config, Parts parts) {
    return new LlamaModules(
        config, parts, Sizes.of(config), config.optionalDouble("rms_norm_eps").orElse(1e-6), false);
  }

  static String at(int layer) {
    return "model.layers." + layer + ".";
  }

  Norm norm(String name, long width) {
    return fromOne ? parts.rmsNormFromOne(name, width, eps) : parts.rmsNorm(name, width, eps);
  }

  Norm norm(int layer, String name) {
    return norm(at(layer) + name, sizes.hidden());
  }

  Qkv.Separate qkv(int layer, boolean bias) {
    String at = at(layer) + "self_attn.";
    return new Qkv.Separate(
        parts.linear(at + "q_proj", sizes.hidden(), sizes.queries(), bias),
        parts.linear(at + "k_proj", sizes.hidden(), sizes.keys(), bias),
        parts.linear(at + "v_proj", sizes.hidden(), sizes.keys(), bias));
  }

  /** Queries and keys of each head through norms of their own. */
  Qkv headNormed(int layer, Qkv qkv) {
    String at = at(layer) + "self_attn.";
    return new Qkv.Normed(
        qkv,
        norm(at + "q_norm", sizes.headWidth()),
        norm(at + "k_norm", sizes.headWidth()),
        sizes.headWidth());
  }

  /**
   * @param bias of the output
   */
  MultiHeadAttention attention(int layer, Qkv qkv, boolean bias) {
    return attention(layer, qkv, "o_proj", bias);
  }

  MultiHeadAttention attention(int layer, Qkv qkv, String output, boolean bias) {
    return new MultiHeadAttention(
        layer,
        qkv,
        parts.linear(at(layer) + "self_attn." + output, sizes.queries(), sizes.hidden(), bias),
        sizes.heads(),
        sizes.keyValueHeads(),
        sizes.headWidth(),
        config.optionalDouble("attention_dropout").orElse(0));
  }

  Activation activation(String key, String otherwise) {
    return Activation.named(config.optionalText(key).orElse(otherwise));
  }

  Mlp gated(int layer, boolean bias) {
    return gated(layer, activation("hidden_act", "silu"), bias);
  }

  Mlp gated(int layer, Activation activation, boolean bias) {
    String at = at(layer) + "mlp.";
    return new Mlp.Gated(
        parts.linear(at + "gate_proj", sizes.hidden(), sizes.inner(), bias),
        parts.linear(at + "up_proj", sizes.hidden(), sizes.inner(), bias),
        activation,
        parts.linear(at + "down_proj", sizes.inner(), sizes.hidden(), bias));
  }

  /** Llama's own layer around an attention. */
  Block preNorm(int layer, MultiHeadAttention attention, boolean mlpBias) {
    return new Block.PreNorm(
        norm(layer, "input_layernorm"),
        attention,
        norm(layer, "post_attention_layernorm"),
        gated(layer, mlpBias),
        0);
  }

  /**
   * The stack.
   *
   * @param scale of the token vectors
   */
  Decoder decoder(double scale, Kinds kinds, IntFunction<Block> layer) {
    return decoder(table -> Embeddings.of(table, scale, 0), kinds, layer);
  }

  Decoder decoder(
      Function<Embedding, Embeddings> embeddings, Kinds kinds, IntFunction<Block> layer) {
    var tokens = parts.embedding("model.embed_tokens", sizes.vocabulary(), sizes.hidden());
    List<Block> blocks = blocks(layer);
    return new Decoder(
        embeddings.apply(tokens),
        kinds.all(),
        blocks,
        norm("model.norm", sizes.hidden()),
        sizes.hidden(),
        sizes.positions());
  }

  List<Block> blocks(IntFunction<Block> layer) {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < sizes.layers(); i++) {
      blocks.add(layer.apply(i));
    }
    return blocks;
  }

  boolean flag(String key) {
    return config.optionalBoolean(key).orElse(false);
  }
}
