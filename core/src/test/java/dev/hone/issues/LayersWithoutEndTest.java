package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyEncoders;
import dev.hone.TinyModels;
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

/** ALBERT's layers share one set of weights: two billion of them filled the memory. */
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
}
