package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyDecoders;
import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
import dev.hone.data.Refused;
import dev.hone.error.HoneException;
import dev.hone.model.Model;
import dev.hone.model.family.Families;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two billion layers filled the memory: ALBERT's share one set of weights, others were listed by
 * their kinds before any weight was looked at. GPT-Neo's kinds of layers were counted to the end,
 * which took seconds.
 */
class LayersWithoutEndTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "num_hidden_layers, 2147483647",
    "num_hidden_layers, 0",
    "inner_group_num, 0",
    "num_hidden_groups, 0"
  })
  void areRefusedByKey(String key, String value) throws IOException {
    String architecture = "AlbertForSequenceClassification";
    String config = TinyEncoders.config(architecture, "{}");
    try (Model model = TinyModels.random(config)) {
      TinyModels.write(folder, config, model, UnaryOperator.identity());
    }
    Files.writeString(
        folder.resolve("config.json"),
        TinyEncoders.config(architecture, "{'" + key + "': " + value + "}"));
    HoneException refused = assertThrows(HoneException.class, () -> Families.load(folder));
    assertTrue(String.valueOf(refused.getMessage()).contains(key), refused.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "modernbert"})
  void areNotListed(String family) throws IOException {
    String many = "{'num_hidden_layers': 2147483647}";
    String architecture = "ModernBertForSequenceClassification";
    boolean llama = family.equals("llama");
    String sound = llama ? TinyModels.llamaConfig("{}") : TinyEncoders.config(architecture, "{}");
    try (Model model = TinyModels.random(sound)) {
      TinyModels.write(folder, sound, model, UnaryOperator.identity());
    }
    Files.writeString(
        folder.resolve("config.json"),
        llama ? TinyModels.llamaConfig(many) : TinyEncoders.config(architecture, many));
    Refused.with("num_hidden_layers", () -> Families.load(folder).close());
  }

  @ParameterizedTest
  @ValueSource(strings = {"[['global'], 2147483647]", "[0, 2147483647]", "[['local'], 3]"})
  void kindsAreNotCountedToTheEnd(String kinds) {
    String config = "{'attention_layers': null, 'attention_types': [" + kinds + "]}";
    Refused.with(
        "attention_types",
        () ->
            Families.random(TinyModels.config(TinyModels.merged(TinyDecoders.of("GPTNeo"), config)))
                .close());
  }
}
