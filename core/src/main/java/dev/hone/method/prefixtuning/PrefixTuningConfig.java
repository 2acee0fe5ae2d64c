package dev.hone.method.prefixtuning;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;
import dev.hone.method.PeftJson;
import dev.hone.method.SoftPromptConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Prefix tuning: trained keys and values before those of every layer (arXiv:2101.00190). */
@Name("prefix-tuning")
@Doc("Prefix tuning: trained keys and values before those of every layer (arXiv:2101.00190)")
public record PrefixTuningConfig(
    @Doc("How many positions") @Range(min = 1, max = 4096) int numVirtualTokens,
    @Doc(
            "Whose keys and values they begin with: tokens drawn from the vocabulary, those of a text,"
                + " or random numbers")
        Start start,
    @Doc("The text of start: text; it is cut or repeated to fit") String startText,
    @Doc("Make keys and values by a network of two linears while training")
        boolean prefixProjection,
    @Doc("Width inside the network; 0 means that of a layer's keys") @Range(min = 0, max = 65536)
        int encoderHiddenSize,
    @Doc("Learning rate of keys and values that no network makes, as a multiple of the run's")
        @Range(min = 0.001, max = 1000)
        double rateFactor,
    @Doc("Modules that are trained whole and saved with the adapter") List<String> modulesToSave)
    implements SoftPromptConfig {

  public static PrefixTuningConfig defaults() {
    return new PrefixTuningConfig(20, Start.SAMPLE_VOCAB, "", false, 0, 10, List.of());
  }

  /** The configuration that a file of PEFT's has. */
  public static PrefixTuningConfig read(PeftJson json) {
    json.ignore("init_weights", "num_transformer_submodules");
    int count = json.rank("num_virtual_tokens");
    LayerShape shape = LayerShape.of(json.model());
    json.require("num_layers", shape.layers());
    json.require("num_attention_heads", shape.heads());
    json.require("token_dim", shape.width());
    PrefixTuningConfig defaults = defaults();
    return new PrefixTuningConfig(
        count,
        defaults.start,
        defaults.startText,
        json.flag("prefix_projection", false),
        json.integer("encoder_hidden_size", 0),
        defaults.rateFactor,
        json.modulesToSave());
  }

  @Override
  public String peftType() {
    return "PREFIX_TUNING";
  }

  @Override
  public String text() {
    return startText;
  }

  @Override
  public Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("prefix_projection", prefixProjection);
    return fields;
  }
}
