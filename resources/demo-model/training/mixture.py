"""Shares of the training tokens by source, for each stage of the run (normalised when used)."""
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
}
