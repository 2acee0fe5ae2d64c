package dev.hone.generate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.family.Families;
import dev.hone.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A published model tells its stories word for word as the reference implementation does. */
class StoriesTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("hone.root", ".")).resolve("../shared/models/stories260K");

  @Test
  void greedyTextIsTheReferences() throws IOException {
    Assumptions.assumeTrue(Files.isDirectory(FOLDER), "no shared models here");
    JsonNode expected =
        JsonMapper.shared().readTree(Files.readString(FOLDER.resolve("expected_outputs.json")));
    try (Model model = Families.load(FOLDER);
        Tokenizer tokenizer = Tokenizer.open(FOLDER)) {
      int stories = 0;
      for (JsonNode story : expected.path("greedy")) {
        int length = story.path("max_new_tokens").asInt();
        int[] prompt = ids(story.path("prompt_ids"));
        int[] found =
            new Generator(model, Adapter.NONE)
                .continued(prompt, GenerationConfig.greedy(length), _ -> false);
        assertEquals(story.path("output_ids").toString(), Arrays.toString(found).replace(" ", ""));
        int[] whole = IntStream.concat(Arrays.stream(prompt), Arrays.stream(found)).toArray();
        assertEquals(story.path("text").asString(""), tokenizer.decode(whole, true));
        stories++;
      }
      assertTrue(stories > 1);
    }
  }

  private static int[] ids(JsonNode list) {
    return list.valueStream().mapToInt(JsonNode::asInt).toArray();
  }
}
