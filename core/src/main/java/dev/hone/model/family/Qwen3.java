package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Parts;
import dev.hone.model.Rope;
import dev.hone.store.Config;
import java.util.List;

/** Qwen 3, dense: a norm on the queries and keys of each head (arXiv:2505.09388). */
final class Qwen3 implements Family {
  @Override
  public List<String> architectures() {
    return List.of("Qwen3ForCausalLM", "Qwen3ForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    LlamaModules modules =
        new LlamaModules(
            config,
            parts,
            Sizes.of(config, config.optionalInt("head_dim").orElse(128)),
            config.optionalDouble("rms_norm_eps").orElse(1e-6),
            false);
    Kinds kinds = new Kinds();
    LayerTypes types = Qwen2.types(config, modules.sizes().layers());
    Rope rope = Rope.of(config, modules.sizes().headWidth());
    boolean bias = modules.flag("attention_bias");
    return modules.decoder(
        1,
        kinds,
        layer ->
            modules.preNorm(
                layer,
                modules
                    .attention(layer, modules.headNormed(layer, modules.qkv(layer, bias)), bias)
                    .ofKind(kinds.of(LayerKind.rotary(types.window(layer), rope))),
                false));
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.UNTIED.of(architecture, config, backbone, parts);
  }
}
