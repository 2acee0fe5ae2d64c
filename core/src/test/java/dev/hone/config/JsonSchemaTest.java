package dev.hone.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.method.MethodConfig;
import dev.hone.recipe.Recipe;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonSchemaTest {
  private final String text = JsonSchema.of(Recipe.class);
  private final JsonNode schema = JsonMapper.shared().readTree(text);

  private JsonNode at(String pointer) {
    JsonNode node = schema.at(pointer);
    assertFalse(node.isMissingNode(), pointer + " is missing");
    return node;
  }

  @Test
  void namesItsDialect() {
    assertEquals("https://json-schema.org/draft/2020-12/schema", at("/$schema").stringValue());
    assertEquals("Recipe", at("/title").stringValue());
  }

  @Test
  void takesNoUnknownKeys() {
    assertFalse(at("/additionalProperties").booleanValue());
    assertFalse(at("/properties/train/additionalProperties").booleanValue());
    assertFalse(at("/properties/method/oneOf/1/additionalProperties").booleanValue());
  }

  @Test
  void describesNumbersWithRangeAndDefault() {
    JsonNode rank = at("/properties/method/oneOf/1/properties/rank");
    assertEquals(
        JsonMapper.shared()
            .readTree(
                """
                {"type": "integer", "minimum": 1, "maximum": 4096,
                 "description": "Inner size r of the product", "default": 8}
                """),
        rank);
    assertTrue(at("/properties/train/properties/batch").path("maximum").isMissingNode());
  }

  @Test
  void theTypeMayBeAbsentOnlyFromTheDefaultMethod() {
    JsonNode choices = at("/properties/method/oneOf");
    assertEquals(MethodConfig.class.getAnnotation(OneOf.class).value().length, choices.size());
    assertEquals("full", at("/properties/method/oneOf/0/properties/type/const").stringValue());
    assertEquals("type", at("/properties/method/oneOf/0/required/0").stringValue());
    assertEquals("lora", at("/properties/method/oneOf/1/properties/type/const").stringValue());
    assertTrue(choices.get(1).path("required").isMissingNode());
    for (int i = 2; i < choices.size(); i++) {
      assertEquals("type", choices.get(i).at("/required/0").stringValue());
    }
  }

  @Test
  void listsEnumsAndNulls() {
    assertEquals(
        "[\"constant\",\"linear\",\"cosine\",\"slanted-triangular\"]",
        at("/properties/train/properties/schedule/enum").toString());
    assertEquals("cosine", at("/properties/train/properties/schedule/default").stringValue());
    JsonNode format = at("/properties/data/properties/format");
    assertEquals("null", format.at("/anyOf/1/type").stringValue());
    assertTrue(format.get("default").isNull());
  }

  @Test
  void aListMayBeOneValue() {
    JsonNode path = at("/properties/data/properties/path");
    assertEquals("array", path.at("/anyOf/0/type").stringValue());
    assertEquals("string", path.at("/anyOf/1/type").stringValue());
  }

  @Test
  void holdsNoPathOfThisMachine() {
    assertEquals("runs", at("/properties/runs/default").stringValue());
    assertFalse(text.contains(System.getProperty("user.dir")), text);
  }
}
