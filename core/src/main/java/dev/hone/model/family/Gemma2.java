package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.MultiHeadAttention;
import dev.hone.model.Parts;
import dev.hone.model.Rope;
import dev.hone.store.Config;
import java.util.List;

/**
 * Gemma 2: four norms a layer, capped scores and logits, every other layer sliding
 * (arXiv:2408.00118).
 */
final class Gemma2 implements Family {
  @Override
  public List<String> architectures() {
    return List.of("Gemma2ForCausalLM", "Gemma2ForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    LlamaModules modules = Gemma.modules(config, parts);
    LayerTypes types =
        LayerTypes.read(
            config,
            modules.sizes().layers(),
            Options.nullableInt(config, "sliding_window", 4096),
            layer -> layer % 2 == 0);
    Rope rope = Rope.of(config, modules.sizes().headWidth());
    boolean bias = modules.flag("attention_bias");
    Kinds kinds = new Kinds();
    return modules.decoder(
        Math.sqrt(modules.sizes().hidden()),
        kinds,
        layer ->
            block(
                modules,
                layer,
                modules
                    .attention(layer, modules.qkv(layer, bias), bias)
                    .scaled(scale(config), cap(config, "attn_logit_softcapping", 50))
                    .ofKind(kinds.of(LayerKind.rotary(types.window(layer), rope)))));
  }

  /** The layer that Gemma 2 and 3 share. */
  static Block block(LlamaModules modules, int layer, MultiHeadAttention attention) {
    return new Block.Sandwich(
        modules.norm(layer, "input_layernorm"),
        attention,
        modules.norm(layer, "post_attention_layernorm"),
        modules.norm(layer, "pre_feedforward_layernorm"),
        modules.gated(layer, modules.activation("hidden_activation", "gelu_pytorch_tanh"), false),
        modules.norm(layer, "post_feedforward_layernorm"),
        1);
  }

  static double scale(Config config) {
    return 1 / Math.sqrt(config.optionalDouble("query_pre_attn_scalar").orElse(256));
  }

  /** A bound that is off where it is null, and has a default where it is absent. */
  static double cap(Config config, String key, double otherwise) {
    return config.json().has(key) ? config.optionalDouble(key).orElse(0) : otherwise;
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.TIED
        .capped(cap(config, "final_logit_softcapping", 30))
        .of(architecture, config, backbone, parts);
  }
}
