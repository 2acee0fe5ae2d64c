package dev.hone.tokenizer;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Rewrites a tokenizer so that no text can spell a special token.
 *
 * <p>Each special token keeps its id and place but gets a name that nobody can guess; pieces and
 * merges that would build the old name go. Removing the tokens instead would move the ids of the
 * added tokens after them.
 */
final class PlainText {
  private PlainText() {}

  /** Returns a rewritten copy. */
  static ObjectNode withoutSpecial(ObjectNode tokenizer, List<String> special) {
    ObjectNode copy = tokenizer.deepCopy();
    Map<String, String> renamed = new HashMap<>();
    for (String token : special) {
      renamed.put(token, "\uE000" + UUID.randomUUID());
    }
    for (JsonNode token : copy.path("added_tokens")) {
      String name = renamed.get(token.path("content").asString());
      if (name != null) {
        ((ObjectNode) token).put("content", name);
      }
    }
    copy.putNull("post_processor"); // names special tokens, and adds nothing that is wanted here
    ObjectNode model = (ObjectNode) copy.path("model");
    renameVocabulary(model, renamed);
    String unknown = renamed.get(model.path("unk_token").asString(""));
    if (unknown != null) {
      model.put("unk_token", unknown);
    }
    if (model.path("merges") instanceof ArrayNode merges) {
      Set<String> gone = new HashSet<>(renamed.keySet());
      ArrayNode kept = model.arrayNode();
      for (JsonNode merge : merges) {
        String[] parts =
            merge.isArray()
                ? new String[] {merge.path(0).asString(), merge.path(1).asString()}
                : merge.asString().split(" ", 2);
        if (!gone.contains(parts[0])
            && !gone.contains(parts[1])
            && !gone.contains(parts[0] + parts[1])) {
          kept.add(merge);
        }
      }
      model.set("merges", kept);
    }
    return copy;
  }

  private static void renameVocabulary(ObjectNode model, Map<String, String> renamed) {
    JsonNode vocab = model.path("vocab");
    if (vocab instanceof ObjectNode byName) {
      renamed.forEach(
          (old, name) -> {
            JsonNode id = byName.remove(old);
            if (id != null) {
              byName.set(name, id);
            }
          });
    } else {
      for (JsonNode piece : vocab) {
        String name = renamed.get(piece.path(0).asString());
        if (name != null) {
          ((ArrayNode) piece).set(0, name);
        }
      }
    }
  }
}
