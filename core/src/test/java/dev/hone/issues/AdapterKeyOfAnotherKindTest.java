package dev.hone.issues;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.error.HoneException;
import dev.hone.method.Methods;
import dev.hone.method.PeftFiles;
import dev.hone.method.PeftMethod;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A list, object or number in an adapter_config.json where a word is expected ended in an exception
 * of the JSON library, or passed for an empty list.
 */
class AdapterKeyOfAnotherKindTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "target_modules; [[\"q_proj\"]]",
        "target_modules; {\"q_proj\": 1}",
        "modules_to_save; [1]",
        "rank_pattern; [3]",
        "layers_to_transform; {}",
        "bias; {\"a\": 1}"
      })
  void isRefusedByName(String key, String value) throws IOException {
    try (Model model = TinyModels.llama();
        PeftMethod lora = (PeftMethod) Methods.attach(LoraConfig.defaults(), model)) {
      PeftFiles.write(folder, lora, model, "base");
      Path file = folder.resolve("adapter_config.json");
      ObjectNode json = (ObjectNode) JsonMapper.shared().readTree(Files.readString(file));
      json.set(key, JsonMapper.shared().readTree(value));
      Files.writeString(file, json.toString());
      HoneException refused =
          assertThrows(HoneException.class, () -> PeftFiles.read(folder, model));
      String message = String.valueOf(refused.getMessage());
      assertTrue(message.contains(key), message);
      assertEquals(1, message.lines().count(), message);
    }
  }

  @Test
  void whatIsWrittenIsRead() {
    try (Model model = TinyModels.llama();
        PeftMethod lora = (PeftMethod) Methods.attach(LoraConfig.defaults(), model)) {
      PeftFiles.write(folder, lora, model, "base");
      PeftFiles.read(folder, model).close();
    }
  }
}
