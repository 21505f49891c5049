"""Shares of the training tokens by source, for each stage of the run (normalised when used)."""
MEASURED = "wide"  # the mixture on which the expert load is measured
STAGES = {
    # general text first: words, grammar, tales, turns
    "base": {
        "story_en/tinystories": 16, "story_en/storybooks": 2.5, "story_en/aesop": 0.8, "story_en/grammar": 7, "story_zh/grammar": 6,
        "books_en/fairytales": 2, "books_en/books": 1.5,
        "smalltalk_en/personality": 3, "smalltalk_en/grammar": 3, "smalltalk_en/mixed": 3, "dialogue_en/self_dialogue": 5,
        "dialogue_en/topical_chat": 1.5, "dialogue_en/sgd": 2, "dialogue_en/gsm8k": 1, "taleqa_en/fairytaleqa": 3,
        "taleqa_en/grammar": 3, "taleqa_zh/grammar": 1.5, "arithmetic/arith_en": 5, "arithmetic/arith_zh": 3, "tasks/grammar": 3,
        "translation/tatoeba": 13, "translation/grammar_tr": 10,
        "chat_zh/chatterbot_zh": 0.2, "chat_zh/crosswoz": 2, "chat_zh/zh_qa": 1.5, "chat_zh/grammar": 3, "chat_zh/mixed": 2,
    },
    # then more of what the model is for
    "final": {
        "story_en/tinystories": 3, "story_en/storybooks": 0.3, "story_en/aesop": 0.2, "story_en/grammar": 16, "story_zh/grammar": 8,
        "books_en/fairytales": 0.6, "books_en/books": 0.4,
        "smalltalk_en/personality": 3, "smalltalk_en/grammar": 7, "smalltalk_en/mixed": 5, "dialogue_en/self_dialogue": 1.2,
        "dialogue_en/topical_chat": 0.5, "dialogue_en/sgd": 0.4, "dialogue_en/gsm8k": 0.4, "taleqa_en/fairytaleqa": 0.8,
        "taleqa_en/grammar": 4, "taleqa_zh/grammar": 2, "arithmetic/arith_en": 10, "arithmetic/arith_zh": 6, "tasks/grammar": 3.5,
        "translation/tatoeba": 6, "translation/grammar_tr": 20,
        "chat_zh/chatterbot_zh": 0.1, "chat_zh/crosswoz": 0.8, "chat_zh/zh_qa": 0.6, "chat_zh/grammar": 5.5, "chat_zh/mixed": 3.5,
    },
    # the last minutes: small talk, the weakest part at that point
    "last": {
        "story_en/tinystories": 2.5, "story_en/storybooks": 0.3, "story_en/aesop": 0.2, "story_en/grammar": 14, "story_zh/grammar": 5,
        "books_en/fairytales": 0.4, "books_en/books": 0.3,
        "smalltalk_en/personality": 1.5, "smalltalk_en/grammar": 16, "smalltalk_en/mixed": 6, "dialogue_en/self_dialogue": 1.2,
        "dialogue_en/topical_chat": 0.5, "dialogue_en/sgd": 0.3, "dialogue_en/gsm8k": 0.3, "taleqa_en/fairytaleqa": 0.6,
        "taleqa_en/grammar": 3, "taleqa_zh/grammar": 1.5, "arithmetic/arith_en": 6, "arithmetic/arith_zh": 4, "tasks/grammar": 2.5,
        "translation/tatoeba": 5, "translation/grammar_tr": 16,
        "chat_zh/chatterbot_zh": 0.1, "chat_zh/crosswoz": 0.6, "chat_zh/zh_qa": 0.4, "chat_zh/grammar": 8, "chat_zh/mixed": 4,
    },
    # the second run: what the first one had too little of
    "wide": {
        "dialogue_en/self_dialogue": 13, "dialogue_en/topical_chat": 8, "dialogue_en/sgd": 6, "dialogue_en/gsm8k": 3.5,
        "books_en/fairytales": 7, "books_en/books": 8, "taleqa_en/fairytaleqa": 6,
        "chat_zh/crosswoz": 5.5, "chat_zh/zh_qa": 2.2, "chat_zh/chatterbot_zh": 0.2, "chat_zh/grammar": 2.5, "chat_zh/mixed": 2,
        "story_en/tinystories": 4.5, "story_en/storybooks": 1, "story_en/aesop": 0.3, "story_en/grammar": 5, "story_zh/grammar": 3,
        "smalltalk_en/personality": 1.2, "smalltalk_en/grammar": 4, "smalltalk_en/mixed": 2.5,
        "taleqa_en/grammar": 2, "taleqa_zh/grammar": 1, "arithmetic/arith_en": 4, "arithmetic/arith_zh": 2.5, "tasks/grammar": 1.5,
        "translation/tatoeba": 6, "translation/grammar_tr": 6,
    },
    # then still more of the domains in which a 5-gram model was ahead
    "weak": {
        "dialogue_en/self_dialogue": 15, "dialogue_en/topical_chat": 10, "dialogue_en/sgd": 6.5, "dialogue_en/gsm8k": 4.5,
        "books_en/fairytales": 8.5, "books_en/books": 9.5, "taleqa_en/fairytaleqa": 5,
        "chat_zh/crosswoz": 9, "chat_zh/zh_qa": 3.2, "chat_zh/chatterbot_zh": 0.3, "chat_zh/grammar": 1.8, "chat_zh/mixed": 1.5,
        "story_en/tinystories": 3.5, "story_en/storybooks": 1, "story_en/aesop": 0.2, "story_en/grammar": 2.5, "story_zh/grammar": 1.5,
        "smalltalk_en/personality": 0.8, "smalltalk_en/grammar": 2.2, "smalltalk_en/mixed": 1.3,
        "taleqa_en/grammar": 1, "taleqa_zh/grammar": 0.6, "arithmetic/arith_en": 2.5, "arithmetic/arith_zh": 1.5, "tasks/grammar": 1,
        "translation/tatoeba": 4, "translation/grammar_tr": 4,
    },
    # and at the end some of everything again
    "settle": {
        "dialogue_en/self_dialogue": 12, "dialogue_en/topical_chat": 8, "dialogue_en/sgd": 5, "dialogue_en/gsm8k": 3.5,
        "books_en/fairytales": 7, "books_en/books": 7.5, "taleqa_en/fairytaleqa": 4,
        "chat_zh/crosswoz": 7.5, "chat_zh/zh_qa": 2.7, "chat_zh/chatterbot_zh": 0.3, "chat_zh/grammar": 2.6, "chat_zh/mixed": 2,
        "story_en/tinystories": 3.5, "story_en/storybooks": 0.8, "story_en/aesop": 0.2, "story_en/grammar": 5, "story_zh/grammar": 2.5,
        "smalltalk_en/personality": 1.2, "smalltalk_en/grammar": 4.5, "smalltalk_en/mixed": 2,
        "taleqa_en/grammar": 1.5, "taleqa_zh/grammar": 0.8, "arithmetic/arith_en": 4, "arithmetic/arith_zh": 2.5, "tasks/grammar": 1.4,
        "translation/tatoeba": 5, "translation/grammar_tr": 6,
    },
}
