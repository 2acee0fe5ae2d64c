package dev.hone.method.ptuning;

import dev.hone.config.Doc;
import dev.hone.config.Name;
import dev.hone.config.Range;
import dev.hone.method.PeftConfig;
import dev.hone.method.PeftJson;
import dev.hone.method.SoftPromptConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** P-tuning: vectors before every row, made by a small network (arXiv:2103.10385). */
@Name("p-tuning")
@Doc("P-tuning: vectors before every row, made by a small network (arXiv:2103.10385)")
public record PTuningConfig(
    @Doc("How many vectors") @Range(min = 1, max = 4096) int numVirtualTokens,
    @Doc("What they begin as: tokens drawn from the vocabulary, those of a text, or random numbers")
        Start start,
    @Doc("The text of start: text; it is cut or repeated to fit") String startText,
    @Doc("The network: three linears (mlp), or an LSTM in both directions with two behind it")
        Network encoderReparameterizationType,
    @Doc("Width inside the network; 0 means that of the vectors") @Range(min = 0, max = 65536)
        int encoderHiddenSize,
    @Doc("Layers of the LSTM") @Range(min = 1, max = 16) int encoderNumLayers,
    @Doc("Dropout between the layers of the LSTM") @Range(min = 0, max = 0.95)
        double encoderDropout,
    @Doc("How many times the vectors stand in the file; PEFT writes 2 for encoder-decoders")
        @Range(min = 1, max = 2)
        int numTransformerSubmodules,
    @Doc("Modules that are trained whole and saved with the adapter") List<String> modulesToSave)
    implements SoftPromptConfig {

  /** What makes the vectors. */
  public enum Network {
    MLP,
    LSTM
  }

  public static PTuningConfig defaults() {
    return new PTuningConfig(20, Start.SAMPLE_VOCAB, "", Network.MLP, 0, 2, 0, 1, List.of());
  }

  /** The configuration that a file of PEFT's has. */
  public static PTuningConfig read(PeftJson json) {
    json.ignore("num_attention_heads", "num_layers", "token_dim");
    PTuningConfig defaults = defaults();
    return new PTuningConfig(
        json.rank("num_virtual_tokens"),
        defaults.start,
        defaults.startText,
        network(json),
        json.integer("encoder_hidden_size", 0),
        json.integer("encoder_num_layers", 2),
        json.number("encoder_dropout", 0),
        json.rank("num_transformer_submodules"),
        json.modulesToSave());
  }

  private static Network network(PeftJson json) {
    String key = "encoder_reparameterization_type";
    return switch (json.word(key, "MLP").toUpperCase(Locale.ROOT)) {
      case "MLP" -> Network.MLP;
      case "LSTM" -> Network.LSTM;
      default -> throw json.unsupported(key);
    };
  }

  @Override
  public String peftType() {
    return "P_TUNING";
  }

  @Override
  public String text() {
    return startText;
  }

  @Override
  public Map<String, @Nullable Object> fields() {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("encoder_dropout", PeftConfig.number(encoderDropout));
    fields.put("encoder_num_layers", encoderNumLayers);
    fields.put("encoder_reparameterization_type", encoderReparameterizationType.name());
    fields.put("num_transformer_submodules", numTransformerSubmodules);
    return fields;
  }
}
