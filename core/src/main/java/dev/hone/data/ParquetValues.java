package dev.hone.data;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DateLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.MapLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Parquet values as JSON, by the logical types of the Apache Parquet format specification. */
final class ParquetValues {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private ParquetValues() {}

  /** A struct; a column without a value is null. */
  static ObjectNode object(Group group, GroupType type) {
    ObjectNode object = JSON.objectNode();
    for (int field = 0; field < type.getFieldCount(); field++) {
      Type part = type.getType(field);
      object.set(
          part.getName(),
          part.isRepetition(Type.Repetition.REPEATED)
              ? repeated(group, field, part)
              : value(group, field, 0, part));
    }
    return object;
  }

  private static ArrayNode repeated(Group group, int field, Type type) {
    ArrayNode array = JSON.arrayNode();
    for (int i = 0; i < group.getFieldRepetitionCount(field); i++) {
      array.add(value(group, field, i, type));
    }
    return array;
  }

  private static JsonNode value(Group group, int field, int index, Type type) {
    if (group.getFieldRepetitionCount(field) <= index) {
      return JSON.nullNode();
    }
    if (type.isPrimitive()) {
      return primitive(group, field, index, type.asPrimitiveType());
    }
    Group inner = group.getGroup(field, index);
    GroupType struct = type.asGroupType();
    LogicalTypeAnnotation logical = type.getLogicalTypeAnnotation();
    if (logical instanceof ListLogicalTypeAnnotation) {
      return list(inner, struct);
    }
    return logical instanceof MapLogicalTypeAnnotation ? map(inner, struct) : object(inner, struct);
  }

  /** Three levels as the specification asks for, or the two that old writers left. */
  private static ArrayNode list(Group list, GroupType type) {
    Type middle = type.getType(0);
    ArrayNode array = JSON.arrayNode();
    boolean wrapped =
        !middle.isPrimitive()
            && middle.asGroupType().getFieldCount() == 1
            && !middle.getName().equals("array")
            && !middle.getName().equals(type.getName() + "_tuple");
    for (int i = 0; i < list.getFieldRepetitionCount(0); i++) {
      array.add(
          wrapped
              ? value(list.getGroup(0, i), 0, 0, middle.asGroupType().getType(0))
              : value(list, 0, i, middle));
    }
    return array;
  }

  private static ObjectNode map(Group map, GroupType type) {
    GroupType pair = type.getType(0).asGroupType();
    ObjectNode object = JSON.objectNode();
    for (int i = 0; i < map.getFieldRepetitionCount(0); i++) {
      Group entry = map.getGroup(0, i);
      JsonNode value =
          pair.getFieldCount() > 1 ? value(entry, 1, 0, pair.getType(1)) : JSON.nullNode();
      object.set(value(entry, 0, 0, pair.getType(0)).asString(), value);
    }
    return object;
  }

  private static JsonNode primitive(Group group, int field, int index, PrimitiveType type) {
    LogicalTypeAnnotation logical = type.getLogicalTypeAnnotation();
    return switch (type.getPrimitiveTypeName()) {
      case BOOLEAN -> JSON.booleanNode(group.getBoolean(field, index));
      case INT32 -> whole(group.getInteger(field, index), logical);
      case INT64 -> whole(group.getLong(field, index), logical);
      case FLOAT -> JSON.numberNode(group.getFloat(field, index));
      case DOUBLE -> JSON.numberNode(group.getDouble(field, index));
      case BINARY, FIXED_LEN_BYTE_ARRAY, INT96 -> bytes(group, field, index, type, logical);
    };
  }

  private static JsonNode whole(long value, LogicalTypeAnnotation logical) {
    return switch (logical) {
      case DateLogicalTypeAnnotation _ -> JSON.stringNode(LocalDate.ofEpochDay(value).toString());
      case DecimalLogicalTypeAnnotation d ->
          JSON.numberNode(BigDecimal.valueOf(value, d.getScale()));
      case TimestampLogicalTypeAnnotation t -> {
        ChronoUnit unit =
            switch (t.getUnit()) {
              case MILLIS -> ChronoUnit.MILLIS;
              case MICROS -> ChronoUnit.MICROS;
              case NANOS -> ChronoUnit.NANOS;
            };
        yield JSON.stringNode(Instant.EPOCH.plus(value, unit).toString());
      }
      case null, default -> JSON.numberNode(value);
    };
  }

  private static JsonNode bytes(
      Group group, int field, int index, PrimitiveType type, LogicalTypeAnnotation logical) {
    if (type.getPrimitiveTypeName() == PrimitiveType.PrimitiveTypeName.INT96) {
      return JSON.stringNode(group.getInt96(field, index).toString());
    }
    if (logical instanceof DecimalLogicalTypeAnnotation decimal) {
      byte[] digits = group.getBinary(field, index).getBytes();
      return JSON.numberNode(new BigDecimal(new BigInteger(digits), decimal.getScale()));
    }
    // Text is marked as such; bytes without a mark are nobody's words unless they read as UTF-8.
    byte[] content = group.getBinary(field, index).getBytes();
    try {
      return JSON.stringNode(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString());
    } catch (CharacterCodingException e) {
      return JSON.stringNode(Base64.getEncoder().encodeToString(content));
    }
  }
}
