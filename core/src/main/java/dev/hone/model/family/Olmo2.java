package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.model.Rope;
import dev.hone.store.Config;
import java.util.List;

/** OLMo 2: norms after each part, and on all queries and keys at once (arXiv:2501.00656). */
final class Olmo2 implements Family {
  @Override
  public List<String> architectures() {
    return List.of("Olmo2ForCausalLM", "Olmo2ForSequenceClassification");
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
            Sizes.of(config),
            config.optionalDouble("rms_norm_eps").orElse(1e-5),
            false);
    Kinds kinds = new Kinds();
    kinds.of(LayerKind.rotary(null, Rope.of(config, modules.sizes().headWidth())));
    return modules.decoder(1, kinds, layer -> block(modules, layer));
  }

  private static Block block(LlamaModules modules, int layer) {
    boolean bias = modules.flag("attention_bias");
    String at = LlamaModules.at(layer) + "self_attn.";
    Qkv normed =
        new Qkv.Normed(
            modules.qkv(layer, bias),
            modules.norm(at + "q_norm", modules.sizes().queries()),
            modules.norm(at + "k_norm", modules.sizes().keys()),
            0);
    return new Block.Sandwich(
        null,
        modules.attention(layer, normed, bias),
        modules.norm(layer, "post_attention_layernorm"),
        null,
        modules.gated(layer, false),
        modules.norm(layer, "post_feedforward_layernorm"),
        1);
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.UNTIED.of(architecture, config, backbone, parts);
  }
}
