package dev.hone.method;

import dev.hone.config.OneOf;
import dev.hone.method.lora.LoraConfig;

/** Which way to adapt the model; the recipe's {@code method.type} chooses the record. */
@OneOf({FullConfig.class, LoraConfig.class})
public interface MethodConfig {}
