package dev.hone.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class ConfigTest {
  @TempDir Path folder;

  private Config config(String json) throws IOException {
    return Config.read(Files.writeString(folder.resolve("config.json"), json));
  }

  private static void refused(Executable read, String expected) {
    String refusal = assertThrows(HoneException.class, read).toString();
    assertTrue(refusal.contains("config.json") && refusal.contains(expected), refusal);
  }

  @Test
  void valuesAreReadByTheirType() throws IOException {
    Config config =
        config(
            """
            {"hidden_size": 64, "eps": 1e-05, "one": 1, "tied": true, "act": "silu", "none": null,
             "eos": [1, 2], "architectures": ["A"], "factors": [1, 2.5],
             "rope_parameters": {"rope_theta": 1e4, "deep": {}}}
            """);
    assertEquals(64, config.intValue("hidden_size"));
    assertEquals(OptionalInt.of(64), config.optionalInt("hidden_size"));
    assertEquals(1e-5, config.doubleValue("eps"));
    assertEquals(OptionalDouble.of(1), config.optionalDouble("one"));
    assertTrue(config.booleanValue("tied"));
    assertEquals("silu", config.text("act"));
    assertEquals(List.of(1, 2), config.ints("eos"));
    assertEquals(List.of("A"), config.texts("architectures"));
    assertEquals(List.of(1.0, 2.5), config.doubles("factors"));
    assertEquals(1e4, config.object("rope_parameters").doubleValue("rope_theta"));
    assertFalse(config.has("none"));
    assertEquals(OptionalInt.empty(), config.optionalInt("none"));
    assertEquals(Optional.empty(), config.optionalObject("rope_scaling"));
    assertEquals(List.of(), config.texts("none"));
  }

  @Test
  void refusalsNameFileAndKey() throws IOException {
    Config config =
        config(
            "{\"hidden_size\": 64.5, \"big\": 3000000000, \"act\": 1, \"rope\": {\"t\": \"x\"}}");
    refused(() -> config.intValue("hidden_size"), "'hidden_size' is 64.5, expected an integer");
    refused(() -> config.intValue("big"), "expected an integer");
    refused(() -> config.optionalText("act"), "'act' is 1, expected a text");
    refused(() -> config.booleanValue("act"), "expected true or false");
    refused(() -> config.object("act"), "expected an object");
    refused(() -> config.ints("act"), "expected a list");
    refused(() -> config.intValue("hiden_size"), "did you mean 'hidden_size'");
    refused(() -> config.object("rope").doubleValue("t"), "key 'rope.t' is \"x\"");
    refused(() -> config.object("rope").text("type"), "key 'rope.type' is missing");
    refused(() -> config("{\"a\": NaN}"), "not valid JSON");
    refused(() -> config("{} {}"), "not valid JSON");
    refused(() -> config("[1]"), "not a JSON object");
    refused(() -> config("{\"a\":".repeat(5000)), "not valid JSON");
  }
}
