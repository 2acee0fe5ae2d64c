package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Decoder;
import dev.hone.model.Embedding;
import dev.hone.model.Embeddings;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Mlp;
import dev.hone.model.Parts;
import dev.hone.model.Rope;
import dev.hone.store.Config;
import java.util.List;

/** StarCoder 2: Llama with layer norms, biases and a plain feed-forward part (arXiv:2402.19173). */
final class Starcoder2 implements Family {
  @Override
  public List<String> architectures() {
    return List.of("Starcoder2ForCausalLM", "Starcoder2ForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    LlamaModules modules = LlamaModules.of(config, parts);
    Sizes sizes = modules.sizes();
    double eps = config.optionalDouble("norm_epsilon").orElse(1e-5);
    LayerKind kind =
        LayerKind.rotary(
            LayerTypes.common(config, Options.nullableInt(config, "sliding_window", null)),
            Rope.of(config, sizes.headWidth()));
    Embedding tokens = parts.embedding("model.embed_tokens", sizes.vocabulary(), sizes.hidden());
    List<Block> blocks = modules.blocks(layer -> block(modules, layer, eps));
    return new Decoder(
        Embeddings.of(tokens, 1, config.optionalDouble("embedding_dropout").orElse(0)),
        List.of(kind),
        blocks,
        parts.layerNorm("model.norm", sizes.hidden(), eps),
        sizes.hidden(),
        sizes.positions());
  }

  private static Block block(LlamaModules modules, int layer, double eps) {
    Parts parts = modules.parts();
    Sizes sizes = modules.sizes();
    String at = LlamaModules.at(layer);
    boolean bias = modules.config().optionalBoolean("use_bias").orElse(true);
    return new Block.PreNorm(
        parts.layerNorm(at + "input_layernorm", sizes.hidden(), eps),
        modules.attention(layer, modules.qkv(layer, bias), bias),
        parts.layerNorm(at + "post_attention_layernorm", sizes.hidden(), eps),
        new Mlp.Plain(
            parts.linear(at + "mlp.c_fc", sizes.hidden(), sizes.inner(), bias),
            modules.activation("hidden_act", "gelu_pytorch_tanh"),
            parts.linear(at + "mlp.c_proj", sizes.inner(), sizes.hidden(), bias)),
        modules.config().optionalDouble("residual_dropout").orElse(0));
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.TIED.of(architecture, config, backbone, parts);
  }
}
