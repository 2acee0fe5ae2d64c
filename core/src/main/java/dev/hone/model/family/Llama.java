package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Parts;
import dev.hone.model.Rope;
import dev.hone.store.Config;
import java.util.List;

/** Llama 1 to 3.x, TinyLlama, SmolLM2 (arXiv:2302.13971, arXiv:2407.21783). */
final class Llama implements Family {
  @Override
  public List<String> architectures() {
    return List.of("LlamaForCausalLM", "LlamaForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    LlamaModules modules = LlamaModules.of(config, parts);
    Kinds kinds = new Kinds();
    kinds.of(LayerKind.rotary(null, Rope.of(config, modules.sizes().headWidth())));
    boolean bias = modules.flag("attention_bias");
    return modules.decoder(
        1,
        kinds,
        layer ->
            modules.preNorm(
                layer,
                modules.attention(layer, modules.qkv(layer, bias), bias),
                modules.flag("mlp_bias")));
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.UNTIED.of(architecture, config, backbone, parts);
  }
}
