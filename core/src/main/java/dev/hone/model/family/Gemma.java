package dev.hone.model.family;

import dev.hone.model.Activation;
import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Parts;
import dev.hone.model.Rope;
import dev.hone.store.Config;
import java.util.List;

/** Gemma 1: scaled embeddings, norms that hold the distance from one (arXiv:2403.08295). */
final class Gemma implements Family {
  @Override
  public List<String> architectures() {
    return List.of("GemmaForCausalLM", "GemmaForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    LlamaModules modules = modules(config, parts);
    Kinds kinds = new Kinds();
    kinds.of(LayerKind.rotary(null, Rope.of(config, modules.sizes().headWidth())));
    boolean bias = modules.flag("attention_bias");
    return modules.decoder(
        Math.sqrt(modules.sizes().hidden()),
        kinds,
        layer ->
            new Block.PreNorm(
                modules.norm(layer, "input_layernorm"),
                modules.attention(layer, modules.qkv(layer, bias), bias),
                modules.norm(layer, "post_attention_layernorm"),
                modules.gated(layer, activation(config), false),
                0));
  }

  /** What all Gemmas share. */
  static LlamaModules modules(Config config, Parts parts) {
    Options.refuse(config, "use_bidirectional_attention", true);
    return new LlamaModules(
        config,
        parts,
        Sizes.of(config, config.optionalInt("head_dim").orElse(256)),
        config.optionalDouble("rms_norm_eps").orElse(1e-6),
        true);
  }

  /** The first release wrote gelu and meant its tanh approximation. */
  private static Activation activation(Config config) {
    String named =
        config
            .optionalText("hidden_activation")
            .orElse(config.optionalText("hidden_act").orElse("gelu"));
    return Activation.named(named.equals("gelu") ? "gelu_pytorch_tanh" : named);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.TIED.of(architecture, config, backbone, parts);
  }
}
