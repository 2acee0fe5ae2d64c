package dev.hone.model.family;

import dev.hone.model.Backbone;
import dev.hone.model.Head;
import dev.hone.model.LayerKind;
import dev.hone.model.Parts;
import dev.hone.model.Rope;
import dev.hone.store.Config;
import java.util.List;

/** Mistral 7B: Llama with a sliding window on every layer (arXiv:2310.06825). */
final class Mistral implements Family {
  @Override
  public List<String> architectures() {
    return List.of("MistralForCausalLM", "MistralForSequenceClassification");
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Backbone backbone(Config config, Parts parts) {
    LlamaModules modules = LlamaModules.of(config, parts);
    Integer window = Options.nullableInt(config, "sliding_window", 4096);
    if (LayerTypes.read(config, modules.sizes().layers(), window, layer -> window != null)
        .names()
        .contains(window == null ? LayerTypes.SLIDING : LayerTypes.FULL)) {
      throw config.wrong("layer_types", "all layers alike: this architecture does not mix them");
    }
    Kinds kinds = new Kinds();
    kinds.of(
        LayerKind.rotary(
            LayerTypes.common(config, window), Rope.of(config, modules.sizes().headWidth())));
    return modules.decoder(
        1,
        kinds,
        layer ->
            modules.preNorm(
                layer, modules.attention(layer, modules.qkv(layer, false), false), false));
  }

  @Override
  public Head head(String architecture, Config config, Backbone backbone, Parts parts) {
    return DecoderHeads.UNTIED.of(architecture, config, backbone, parts);
  }
}
