package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Block;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Mlp;
import dev.hone.model.Parts;
import dev.hone.model.Qkv;
import dev.hone.model.Rope;
import dev.hone.model.RopeReader;
import dev.hone.store.Config;
import java.util.List;

/** Phi-3, 3.5 and 4-mini: Llama with fused projections (arXiv:2404.14219). */
final class Phi3 implements Family {
  @Override
  public List<String> architectures() {
    return List.of("Phi3ForCausalLM", "Phi3ForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    for (String key : List.of("attention_bias", "mlp_bias", "lm_head_bias")) {
      Options.refuse(config, key, true);
    }
    LlamaModules modules =
        new LlamaModules(
            config,
            parts,
            Sizes.of(config),
            config.optionalDouble("rms_norm_eps").orElse(1e-5),
            false);
    Kinds kinds = new Kinds();
    kinds.of(
        LayerKind.rotary(
            LayerTypes.common(config, Options.nullableInt(config, "sliding_window", null)),
            rope(config, modules.sizes().headWidth())));
    return modules.decoder(1, kinds, layer -> block(modules, layer));
  }

  /** Every scaling of this family is LongRoPE, whatever the first checkpoints called it. */
  private static Rope rope(Config config, int headWidth) {
    String key = config.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
    Config scaling = config.optionalObject(key).orElse(null);
    String type = RopeReader.type(scaling);
    if (!List.of("default", "longrope", "yarn").contains(type)) {
      throw config.wrong(key, "the type longrope for this architecture");
    }
    return RopeReader.partly(config, 1)
        .read(headWidth, scaling, type.equals("yarn") ? "longrope" : type);
  }

  private static Block block(LlamaModules modules, int layer) {
    Sizes sizes = modules.sizes();
    Parts parts = modules.parts();
    String at = LlamaModules.at(layer);
    Qkv qkv =
        new Qkv.SideBySide(
            parts.linear(
                at + "self_attn.qkv_proj",
                sizes.hidden(),
                sizes.queries() + 2L * sizes.keys(),
                false),
            sizes.queries(),
            sizes.keys());
    return new Block.PreNorm(
        modules.norm(layer, "input_layernorm"),
        modules.attention(layer, qkv, false),
        modules.norm(layer, "post_attention_layernorm"),
        new Mlp.FusedGated(
            parts.linear(at + "mlp.gate_up_proj", sizes.hidden(), 2L * sizes.inner(), false),
            modules.activation("hidden_act", "silu"),
            parts.linear(at + "mlp.down_proj", sizes.inner(), sizes.hidden(), false)),
        modules.config().optionalDouble("resid_pdrop").orElse(0));
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.UNTIED.of(architecture, config, backbone, parts);
  }
}
