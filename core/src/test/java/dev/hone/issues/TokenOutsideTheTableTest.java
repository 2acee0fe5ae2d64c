package dev.hone.issues;

import dev.hone.TinyModels;
import dev.hone.data.Refused;
import dev.hone.model.Model;
import dev.hone.model.family.Families;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A token to begin with that the table lacks was accepted, and broke what was asked first. */
class TokenOutsideTheTableTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'decoder_start_token_id': 2147483647}",
        "{'decoder_start_token_id': -1}",
        "{'pad_token_id': 96}"
      })
  void isRefused(String change) throws IOException {
    String sound = TinyModels.bartConfig("{}");
    try (Model model = TinyModels.random(sound)) {
      TinyModels.write(folder, sound, model, UnaryOperator.identity());
    }
    Files.writeString(folder.resolve("config.json"), TinyModels.bartConfig(change));
    Refused.with("an id below vocab_size", () -> Families.load(folder).close());
  }
}
