package dev.hone.tokenizer;

import dev.hone.error.HoneException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The added tokens of a tokenizer.json, each under exactly the id that the files name.
 *
 * <p>The library hands out ids by itself, in the order of the list, and only warns where they
 * differ. Where they would, the tokens are put into the model's vocabulary too, which pins them.
 */
final class AddedTokens {
  /** So many ids may be left out before an added token of a Unigram model, whose ids are places. */
  private static final int WIDEST_GAP = 10_000;

  private final Path file;
  private final ObjectNode json;
  private final Map<String, Integer> vocabulary;
  private final Map<Integer, String> owners = new HashMap<>();
  private final Map<String, AddedToken> tokens = new LinkedHashMap<>();
  private int next;

  /** {@code file} is named in refusals. */
  AddedTokens(Path file, ObjectNode json) {
    this.file = file;
    this.json = json;
    vocabulary = vocabulary(json);
    vocabulary.forEach((token, id) -> owners.putIfAbsent(id, token));
    next = 1 + vocabulary.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
    for (JsonNode node : json.path("added_tokens")) {
      AddedToken token = AddedToken.read(node, false);
      if (token != null) {
        put(token);
      }
    }
  }

  /** The model's tokens by id, without the added ones. */
  static Map<String, Integer> vocabulary(ObjectNode json) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    JsonNode vocab = json.path("model").path("vocab");
    if (vocab.isArray()) { // Unigram: [piece, score] in the order of the ids
      for (int id = 0; id < vocab.size(); id++) {
        ids.put(vocab.path(id).path(0).stringValue(), id);
      }
    } else {
      for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
        ids.put(entry.getKey(), entry.getValue().intValue());
      }
    }
    return ids;
  }

  boolean knows(String content) {
    return vocabulary.containsKey(content) || tokens.containsKey(content);
  }

  /** Whether it is an added token already, not only a word of the model. */
  boolean lists(String content) {
    return tokens.containsKey(content);
  }

  /** Adds a token, or marks a present one as special. */
  void put(AddedToken token) {
    AddedToken present = tokens.get(token.content());
    Integer known =
        present != null ? Integer.valueOf(present.id()) : vocabulary.get(token.content());
    int id = token.id() >= 0 ? token.id() : known != null ? known : next;
    if (known != null && id != known) {
      throw conflict(token, "the vocabulary gives it the id " + known);
    }
    String owner = owners.putIfAbsent(id, token.content());
    if (owner != null && known == null) {
      throw conflict(token, "'" + owner + "' has that id");
    }
    if (present == null) {
      tokens.put(token.content(), token.withId(id));
    } else if (token.special() && !present.special()) {
      tokens.put(token.content(), present.asSpecial());
    }
    next = Math.max(next, id + 1);
  }

  /** Writes the list into the JSON. */
  void apply() {
    List<AddedToken> sorted =
        tokens.values().stream().sorted(Comparator.comparingInt(AddedToken::id)).toList();
    ArrayNode list = json.putArray("added_tokens");
    sorted.forEach(token -> list.add(token.json()));
    if (!countsTheSame(sorted)) {
      for (AddedToken token : sorted) {
        if (!vocabulary.containsKey(token.content())) {
          pin(token);
        }
      }
    }
  }

  /** Follows the library's own numbering. */
  private boolean countsTheSame(List<AddedToken> sorted) {
    int size = json.path("model").path("vocab").size();
    int greatest = -1;
    for (AddedToken token : sorted) {
      int counted = Math.max(size, greatest + 1);
      if (!vocabulary.containsKey(token.content()) && token.id() != counted) {
        return false;
      }
      greatest = Math.max(greatest, token.id());
    }
    return true;
  }

  private void pin(AddedToken token) {
    JsonNode vocab = json.path("model").path("vocab");
    if (vocab instanceof ObjectNode byName) {
      byName.put(token.content(), token.id());
    } else if (vocab instanceof ArrayNode byPlace) {
      if (token.id() - byPlace.size() > WIDEST_GAP) {
        throw conflict(token, "the vocabulary ends at " + byPlace.size());
      }
      while (byPlace.size() < token.id()) {
        byPlace.addArray().add("\uE000unused" + byPlace.size()).add(0.0);
      }
      byPlace.addArray().add(token.content()).add(0.0);
    }
  }

  private HoneException conflict(AddedToken token, String why) {
    return new HoneException(
        file
            + ": the added token '"
            + token.content()
            + "' cannot have the id "
            + token.id()
            + ": "
            + why
            + "; take all tokenizer files from the same model");
  }
}
