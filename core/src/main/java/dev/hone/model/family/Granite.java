package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Embeddings;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Parts;
import dev.hone.model.Rope;
import dev.hone.store.Config;
import java.util.List;

/** Granite 3: Llama with a factor at every place where sizes could drift (arXiv:2408.13359). */
final class Granite implements Family {
  @Override
  public List<String> architectures() {
    return List.of("GraniteForCausalLM");
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
    double factor = config.optionalDouble("embedding_multiplier").orElse(1);
    return modules.decoder(
        table -> Embeddings.multiplied(table, factor), kinds, layer -> block(modules, layer));
  }

  private static Block block(LlamaModules modules, int layer) {
    Config config = modules.config();
    boolean bias = modules.flag("attention_bias");
    return new Block.Sandwich(
        modules.norm(layer, "input_layernorm"),
        modules
            .attention(layer, modules.qkv(layer, bias), bias)
            .scaled(config.optionalDouble("attention_multiplier").orElse(1), 0),
        null,
        modules.norm(layer, "post_attention_layernorm"),
        modules.gated(layer, modules.flag("mlp_bias")),
        null,
        config.optionalDouble("residual_multiplier").orElse(1));
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.UNTIED
        .divided(config.optionalDouble("logits_scaling").orElse(1))
        .of(architecture, config, backbone, parts);
  }
}
