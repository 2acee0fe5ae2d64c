package dev.hone.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.model.family.Families;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** A trained BERT classifier answers as the reference recorded it. */
class PublishedEncoderTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("hone.root")).resolve("../shared/models/ticket_bert").normalize();

  @Test
  void answersAsRecorded() throws IOException {
    Assumptions.assumeTrue(Files.isDirectory(FOLDER), "no model at " + FOLDER);
    JsonNode splits =
        new ObjectMapper()
            .readTree(Files.readString(FOLDER.resolve("expected_outputs.json")))
            .path("splits");
    int items = 0;
    try (Model model = Families.load(FOLDER);
        GradMode off = GradMode.off()) {
      for (JsonNode split : splits) {
        for (JsonNode item : split.path("items")) {
          answersAsRecorded(model, item);
          items++;
        }
      }
    }
    assertTrue(items > 30, items + " rows");
  }

  private static void answersAsRecorded(Model model, JsonNode item) {
    try (Scope scope = Scope.open()) {
      Inputs inputs =
          dev.hone.TinyModels.inputs(
              item.path("input_ids").valueStream().mapToInt(JsonNode::intValue).toArray());
      assertClose(item.path("logits"), model.logits(inputs, Pass.plain()).toFloats(), item);
      JsonNode hidden = item.path("cls_last_hidden_first8");
      if (!hidden.isMissingNode()) {
        var first = model.backbone().forward(inputs, Pass.plain()).select(1, 0).narrow(1, 0, 8);
        assertClose(hidden, first.toFloats(), item);
      }
    }
  }

  private static void assertClose(JsonNode expected, float[] actual, JsonNode item) {
    assertEquals(expected.size(), actual.length);
    for (int i = 0; i < actual.length; i++) {
      assertEquals(expected.get(i).doubleValue(), actual[i], 5e-5, item.path("text").asString());
    }
  }
}
