<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>EngineText</name>
    <message>
        <source>no checkpoint with a tokenizer is loaded</source>
        <translation>没有加载带分词器的检查点</translation>
    </message>
    <message>
        <source>Reading headers</source>
        <translation>读取文件头</translation>
    </message>
    <message>
        <source>Mapping weights</source>
        <translation>映射权重</translation>
    </message>
    <message>
        <source>Placing weights</source>
        <translation>放置权重</translation>
    </message>
    <message>
        <source>Reserving the cache</source>
        <translation>预留缓存</translation>
    </message>
    <message>
        <source>Reading the tokenizer</source>
        <translation>读取分词器</translation>
    </message>
    <message>
        <source>Quantising to %1</source>
        <translation>量化为 %1</translation>
    </message>
    <message>
        <source>loading stopped</source>
        <translation>加载已停止</translation>
    </message>
    <message>
        <source>the engine is shutting down</source>
        <translation>引擎正在关闭</translation>
    </message>
    <message>
        <source>reading the files was cancelled</source>
        <translation>已取消读取文件</translation>
    </message>
    <message>
        <source>reading the folder was cancelled</source>
        <translation>已取消读取文件夹</translation>
    </message>
    <message>
        <source>the prompt has no tokens</source>
        <translation>提示没有任何词元</translation>
    </message>
    <message>
        <source>the vocabulary has no token that may be drawn</source>
        <translation>词表中没有可以抽取的词元</translation>
    </message>
    <message>
        <source>the logits hold NaN or infinity: there is no distribution to draw from</source>
        <translation>logits 中有 NaN 或无穷大：没有可供抽样的分布</translation>
    </message>
    <message>
        <source>context full: %1 tokens needed, %2 available; choose a longer context</source>
        <translation>上下文已满：需要 %1 个词元，可用 %2 个；请选择更长的上下文</translation>
    </message>
    <message>
        <source>the prompt does not fit: %1 tokens needed (the prompt&apos;s %2 and one of the answer), %3 available; shorten the conversation or choose a longer context</source>
        <translation>提示放不下：需要 %1 个词元（提示 %2 个，回答 1 个），可用 %3 个；请缩短对话或选择更长的上下文</translation>
    </message>
    <message>
        <source>the cache for a context of %1 tokens needs %2 bytes, free are %3; choose a context of at most %4 tokens</source>
        <translation>%1 个词元的上下文需要 %2 字节缓存，可用 %3 字节；请选择不超过 %4 个词元的上下文</translation>
    </message>
    <message>
        <source>the weights as %1 need %2 bytes, free are %3; choose a smaller type, or load them as they are stored</source>
        <translation>以 %1 存放权重需要 %2 字节，可用 %3 字节；请选择更小的类型，或按原样加载</translation>
    </message>
    <message>
        <source>no memory for %1 MiB of weights</source>
        <translation>内存不足，无法容纳 %1 MiB 的权重</translation>
    </message>
    <message>
        <source>memory: needed %1 bytes, free %2; weights that do not fit are read from disk again and again, which is slow: close other programs, choose a shorter context or quantise on load</source>
        <translation>内存：需要 %1 字节，可用 %2 字节；放不下的权重会反复从磁盘读取，速度很慢：请关闭其他程序、选择更短的上下文，或在加载时量化</translation>
    </message>
    <message>
        <source>this checkpoint cannot chat: %1</source>
        <translation>该检查点无法对话：%1</translation>
    </message>
    <message>
        <source>no tokenizer: none of tokenizer.json, tokenizer.model, tiktoken.model is there</source>
        <translation>没有分词器：tokenizer.json、tokenizer.model、tiktoken.model 都不存在</translation>
    </message>
    <message>
        <source>CUDA is not used: %1</source>
        <translation>未使用 CUDA：%1</translation>
    </message>
    <message>
        <source>there is no plug-in (libbathyscope_cuda.so) beside the program</source>
        <translation>程序旁边没有插件（libbathyscope_cuda.so）</translation>
    </message>
    <message>
        <source>the plug-in cannot be loaded: %1</source>
        <translation>无法加载插件：%1</translation>
    </message>
    <message>
        <source>no NVIDIA driver is installed</source>
        <translation>没有安装 NVIDIA 驱动程序</translation>
    </message>
    <message>
        <source>%1 is damaged or cut short</source>
        <translation>%1 已损坏或不完整</translation>
    </message>
    <message>
        <source>no token can be drawn</source>
        <translation>无法抽取词元</translation>
    </message>
    <message>
        <source>the checkpoint is damaged or overflows</source>
        <translation>检查点已损坏或数值溢出</translation>
    </message>
    <message>
        <source>the engine&apos;s queue is full: found %1 waiting commands, allowed %2</source>
        <translation>引擎队列已满：有 %1 个命令在等待，最多允许 %2 个</translation>
    </message>
    <message>
        <source>position %1 is not in the cache, which holds %2 tokens</source>
        <translation>位置 %1 不在缓存中，缓存里有 %2 个词元</translation>
    </message>
    <message>
        <source>the file is newer than this program</source>
        <translation>该文件比本程序更新</translation>
    </message>
    <message>
        <source>version 1 is too old, convert the model again</source>
        <translation>版本 1 太旧，请重新转换模型</translation>
    </message>
    <message>
        <source>index and files are of different downloads</source>
        <translation>索引与文件来自不同的下载</translation>
    </message>
    <message>
        <source>the files are of different downloads</source>
        <translation>这些文件来自不同的下载</translation>
    </message>
    <message>
        <source>the parts are of different models</source>
        <translation>这些分卷属于不同的模型</translation>
    </message>
    <message>
        <source>are the files of one download?</source>
        <translation>这些文件来自同一次下载吗？</translation>
    </message>
    <message>
        <source>the file was changed or is two files in one</source>
        <translation>文件被改动过，或是两个文件拼在一起</translation>
    </message>
    <message>
        <source>the model can be inspected, but not talked to</source>
        <translation>可以检视该模型，但无法与它对话</translation>
    </message>
    <message>
        <source>the program&apos;s own sampling defaults are used</source>
        <translation>使用程序自己的采样默认值</translation>
    </message>
    <message>
        <source>the factor is used, as written (some transformers releases use the ratio)</source>
        <translation>按文件所写使用该系数（某些 transformers 版本使用比值）</translation>
    </message>
    <message>
        <source>without it the results would be wrong</source>
        <translation>缺少它结果就会出错</translation>
    </message>
    <message>
        <source>it never takes effect</source>
        <translation>它永远不会起作用</translation>
    </message>
    <message>
        <source>load the model again</source>
        <translation>请重新加载模型</translation>
    </message>
    <message>
        <source>load the weights as they are stored</source>
        <translation>请按原样加载权重</translation>
    </message>
    <message>
        <source>choose the CPU backend</source>
        <translation>请选择 CPU</translation>
    </message>
    <message>
        <source>choose the CPU</source>
        <translation>请选择 CPU</translation>
    </message>
    <message>
        <source>choose a longer context</source>
        <translation>请选择更长的上下文</translation>
    </message>
    <message>
        <source>choose a shorter context</source>
        <translation>请选择更短的上下文</translation>
    </message>
    <message>
        <source>choose fewer threads</source>
        <translation>请减少线程数</translation>
    </message>
    <message>
        <source>choose bf16</source>
        <translation>请选择 bf16</translation>
    </message>
    <message>
        <source>download it again</source>
        <translation>请重新下载</translation>
    </message>
    <message>
        <source>download that file again</source>
        <translation>请重新下载该文件</translation>
    </message>
    <message>
        <source>download the index too</source>
        <translation>请把索引也下载下来</translation>
    </message>
    <message>
        <source>download it</source>
        <translation>请下载它</translation>
    </message>
    <message>
        <source>convert the model again</source>
        <translation>请重新转换模型</translation>
    </message>
    <message>
        <source>convert it to safetensors</source>
        <translation>请转换为 safetensors</translation>
    </message>
    <message>
        <source>convert it</source>
        <translation>请转换它</translation>
    </message>
    <message>
        <source>unpack it first</source>
        <translation>请先解压</translation>
    </message>
    <message>
        <source>remove one of them</source>
        <translation>请删除其中之一</translation>
    </message>
    <message>
        <source>save the file without it</source>
        <translation>请以不带它的形式保存文件</translation>
    </message>
    <message>
        <source>save the file as UTF-8</source>
        <translation>请把文件保存为 UTF-8</translation>
    </message>
    <message>
        <source>write the number without quotes</source>
        <translation>请去掉数字的引号</translation>
    </message>
    <message>
        <source>open the file of the one you mean</source>
        <translation>请打开您想用的那个文件</translation>
    </message>
    <message>
        <source>a checkpoint folder has one beside its weights</source>
        <translation>检查点文件夹中它与权重放在一起</translation>
    </message>
    <message>
        <source>open the folder it leads to, or copy the file</source>
        <translation>请打开它指向的文件夹，或复制该文件</translation>
    </message>
    <message>
        <source>a change under another name changes it here</source>
        <translation>在别的名字下改动它，这里也会改变</translation>
    </message>
    <message>
        <source>the first is used, as %1 says</source>
        <translation>按 %1 使用第一个</translation>
    </message>
    <message>
        <source>skipped</source>
        <translation>已跳过</translation>
    </message>
    <message>
        <source>ignored</source>
        <translation>已忽略</translation>
    </message>
    <message>
        <source>the first one drafts tokens ahead</source>
        <translation>第一个用于提前起草词元</translation>
    </message>
    <message>
        <source>%1: this is %2</source>
        <translation>%1：这是%2</translation>
    </message>
    <message>
        <source>this is %1</source>
        <translation>这是%1</translation>
    </message>
    <message>
        <source>a PyTorch pickle: not opened, it can run code</source>
        <translation>PyTorch pickle：不会打开，它可以运行代码</translation>
    </message>
    <message>
        <source>a ZIP archive (PyTorch .bin/.pt): not opened, the pickle inside can run code</source>
        <translation>ZIP 压缩包（PyTorch .bin/.pt）：不会打开，其中的 pickle 可以运行代码</translation>
    </message>
    <message>
        <source>an HTML page saved under this name: the download went wrong, download it again</source>
        <translation>以该名称保存的 HTML 网页：下载出错，请重新下载</translation>
    </message>
    <message>
        <source>an XML page saved under this name: the download went wrong, download it again</source>
        <translation>以该名称保存的 XML 页面：下载出错，请重新下载</translation>
    </message>
    <message>
        <source>a GGUF file: give it a name that ends in .gguf</source>
        <translation>GGUF 文件：请把名称改为以 .gguf 结尾</translation>
    </message>
    <message>
        <source>a GGUF file with its bytes swapped (big-endian), which this program does not open</source>
        <translation>字节序相反（大端）的 GGUF 文件，本程序不支持</translation>
    </message>
    <message>
        <source>a legacy GGML file, which this program does not open</source>
        <translation>旧式 GGML 文件，本程序不支持</translation>
    </message>
    <message>
        <source>a legacy GGJT file, which this program does not open</source>
        <translation>旧式 GGJT 文件，本程序不支持</translation>
    </message>
    <message>
        <source>a Git-LFS pointer, not the model itself: fetch it with `git lfs pull`</source>
        <translation>Git-LFS 指针，不是模型本身：请用 `git lfs pull` 获取</translation>
    </message>
    <message>
        <source>a gzip archive</source>
        <translation>gzip 压缩包</translation>
    </message>
    <message>
        <source>a NumPy array</source>
        <translation>NumPy 数组</translation>
    </message>
    <message>
        <source>an HDF5 file</source>
        <translation>HDF5 文件</translation>
    </message>
    <message>
        <source>a text, not weights: the download may have been refused</source>
        <translation>文本，不是权重：下载可能被拒绝</translation>
    </message>
    <message>
        <source>open it to see why</source>
        <translation>打开它看看原因</translation>
    </message>
    <message>
        <source>%1: no such file or folder</source>
        <translation>%1：没有这个文件或文件夹</translation>
    </message>
    <message>
        <source>%1: no such file in the folder</source>
        <translation>%1：文件夹中没有这个文件</translation>
    </message>
    <message>
        <source>%1: no such file, but %2 and others are there</source>
        <translation>%1：没有这个文件，但有 %2 等文件</translation>
    </message>
    <message>
        <source>%1: no such file, nor %2</source>
        <translation>%1：没有这个文件，也没有 %2</translation>
    </message>
    <message>
        <source>%1: no such file</source>
        <translation>%1：没有这个文件</translation>
    </message>
    <message>
        <source>%1: no permission to read it</source>
        <translation>%1：没有读取权限</translation>
    </message>
    <message>
        <source>%1: cannot be read (%2)</source>
        <translation>%1：无法读取（%2）</translation>
    </message>
    <message>
        <source>%1: cannot be opened (%2)</source>
        <translation>%1：无法打开（%2）</translation>
    </message>
    <message>
        <source>%1: cannot be mapped (%2)</source>
        <translation>%1：无法映射（%2）</translation>
    </message>
    <message>
        <source>%1: reading failed (%2)</source>
        <translation>%1：读取失败（%2）</translation>
    </message>
    <message>
        <source>%1: became shorter while it was read</source>
        <translation>%1：读取时变短了</translation>
    </message>
    <message>
        <source>%1: a symbolic link that leads nowhere (%2)</source>
        <translation>%1：符号链接没有指向任何地方（%2）</translation>
    </message>
    <message>
        <source>%1: a part of it could not be read any more (it was made shorter or its drive is gone)</source>
        <translation>%1：有一部分无法再读取（文件变短了，或所在的驱动器不见了）</translation>
    </message>
    <message>
        <source>%1: was %2 bytes long, now %3: it was changed while in use</source>
        <translation>%1：原来有 %2 字节，现在有 %3 字节：使用期间被改动了</translation>
    </message>
    <message>
        <source>%1: it was written to while in use</source>
        <translation>%1：使用期间被写入了</translation>
    </message>
    <message>
        <source>%1: found a symbolic link out of the folder, to %2, allowed files inside it</source>
        <translation>%1：是指向文件夹之外（%2）的符号链接，只允许文件夹内的文件</translation>
    </message>
    <message>
        <source>%1: not used, because %2 is there too</source>
        <translation>%1：未使用，因为还有 %2</translation>
    </message>
    <message>
        <source>%1: used as %2, the only weights in the folder</source>
        <translation>%1：当作 %2 使用，是文件夹中唯一的权重</translation>
    </message>
    <message>
        <source>%1: the same file has %2 names</source>
        <translation>%1：同一个文件有 %2 个名字</translation>
    </message>
    <message>
        <source>%1: too short to be GGUF, found %2 of the 24 bytes of its header</source>
        <translation>%1：太短，不是 GGUF：文件头 24 字节只有 %2 字节</translation>
    </message>
    <message>
        <source>%1: found the first bytes %2, allowed %3</source>
        <translation>%1：文件开头是 %2，应为 %3</translation>
    </message>
    <message>
        <source>%1: found the file name %2, allowed a plain name of a file in the checkpoint&apos;s folder</source>
        <translation>%1：文件名为 %2，只允许检查点文件夹中的普通文件名</translation>
    </message>
    <message>
        <source>found %1 GGUF models in the folder, allowed one: %2</source>
        <translation>文件夹中有 %1 个 GGUF 模型，只允许一个：%2</translation>
    </message>
    <message>
        <source>%1: found an end at byte %2, but the file holds %3 bytes of data (%4 % of that): an incomplete download</source>
        <translation>%1：结尾在第 %2 字节，但文件只有 %3 字节数据（%4 %）：下载不完整</translation>
    </message>
    <message>
        <source>%1: found %2 bytes after the last tensor, allowed none</source>
        <translation>%1：最后一个张量之后还有 %2 字节，不允许</translation>
    </message>
    <message>
        <source>%1: found a start at byte %2, allowed %3 (a hole after %4)</source>
        <translation>%1：起点在第 %2 字节，应为 %3（%4 之后有空洞）</translation>
    </message>
    <message>
        <source>%1: found a start at byte %2, allowed %3 (it overlaps %4)</source>
        <translation>%1：起点在第 %2 字节，应为 %3（与 %4 重叠）</translation>
    </message>
    <message>
        <source>%1: found %2, the files hold %3 bytes of tensors</source>
        <translation>%1：写的是 %2，文件中的张量共 %3 字节</translation>
    </message>
    <message>
        <source>%1: not in %2, ignored</source>
        <translation>%1：%2 中没有列出，已忽略</translation>
    </message>
    <message>
        <source>%1: not part of this model, ignored</source>
        <translation>%1：不属于该模型，已忽略</translation>
    </message>
    <message>
        <source>%1: not needed beside attn_k_b and attn_v_b</source>
        <translation>%1：有 attn_k_b 和 attn_v_b 就不需要它</translation>
    </message>
    <message>
        <source>%1: found a bias or norm that no model of this architecture has</source>
        <translation>%1：有一个该架构没有的偏置或归一化</translation>
    </message>
    <message>
        <source>%1: found F8_E4M3 without its scales, needed %2</source>
        <translation>%1：是 F8_E4M3，但缺少缩放因子，需要 %2</translation>
    </message>
    <message>
        <source>%1: this checkpoint is %2</source>
        <translation>%1：该检查点是 %2</translation>
    </message>
    <message>
        <source>%1: found layer %2, which is no MTP layer, allowed layers below num_hidden_layers = %3</source>
        <translation>%1：有第 %2 层，它不是 MTP 层；只允许小于 num_hidden_layers = %3 的层</translation>
    </message>
    <message>
        <source>%1 tensors of %2 MTP layer(s), %3 bytes: not part of the model&apos;s answer</source>
        <translation>%2 个 MTP 层的 %1 个张量，%3 字节：不参与模型的回答</translation>
    </message>
    <message>
        <source>%1 is %2, but %3 is %4</source>
        <translation>%1 是 %2，但 %3 是 %4</translation>
    </message>
    <message>
        <source>%1, which does not hold it</source>
        <translation>%1，而该文件中没有它</translation>
    </message>
    <message>
        <source>%1, found in %2</source>
        <translation>%1，却在 %2 中</translation>
    </message>
    <message>
        <source>%1: found NaN, an infinity or a magnitude above 262,144, which a quantised type cannot hold</source>
        <translation>%1：有 NaN、无穷大或大于 262,144 的数值，量化类型无法表示</translation>
    </message>
    <message>
        <source>%1: found a count of %2 tensors, allowed at most %3 in the %4 bytes that follow</source>
        <translation>%1：写有 %2 个张量，其后的 %4 字节最多容纳 %3 个</translation>
    </message>
    <message>
        <source>%1: found a count of %2 keys, allowed at most %3 in the %4 bytes that follow</source>
        <translation>%1：写有 %2 个键，其后的 %4 字节最多容纳 %3 个</translation>
    </message>
    <message>
        <source>%1: found %2 tokens, more than the embedding&apos;s %3 rows</source>
        <translation>%1：有 %2 个词元，多于嵌入的 %3 行</translation>
    </message>
    <message>
        <source>%1: found %2, which was %3 and was removed from the format</source>
        <translation>%1：是 %2，即 %3，已从该格式中删除</translation>
    </message>
    <message>
        <source>%1: found %2, which is no type known to this program</source>
        <translation>%1：是 %2，本程序不认识这种类型</translation>
    </message>
    <message>
        <source>%1: found %2, while max_position_embeddings / original_max_position_embeddings is %3</source>
        <translation>%1：是 %2，而 max_position_embeddings / original_max_position_embeddings 是 %3</translation>
    </message>
    <message>
        <source>%1: found %2, more than max_position_embeddings = %3</source>
        <translation>%1：是 %2，大于 max_position_embeddings = %3</translation>
    </message>
    <message>
        <source>%1: found %2, allowed %3</source>
        <translation>%1：实际为 %2，应为 %3</translation>
    </message>
    <message>
        <source>found %1, allowed %2</source>
        <translation>实际为 %1，应为 %2</translation>
    </message>
    <message>
        <source>%1 (line %2, column %3)</source>
        <translation>%1（第 %2 行第 %3 列）</translation>
    </message>
    <message>
        <source>%1 (a string)</source>
        <translation>%1（字符串）</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>空缺</translation>
    </message>
    <message>
        <source>an object or null</source>
        <translation>对象或 null</translation>
    </message>
    <message>
        <source>an object</source>
        <translation>对象</translation>
    </message>
    <message>
        <source>an array</source>
        <translation>数组</translation>
    </message>
    <message>
        <source>a string</source>
        <translation>字符串</translation>
    </message>
    <message>
        <source>a number</source>
        <translation>数字</translation>
    </message>
    <message>
        <source>a value</source>
        <translation>一个值</translation>
    </message>
    <message>
        <source>true or false</source>
        <translation>true 或 false</translation>
    </message>
    <message>
        <source>a finite number above 0</source>
        <translation>大于 0 的有限数</translation>
    </message>
    <message>
        <source>a whole number from %1 to %2</source>
        <translation>%1 到 %2 的整数</translation>
    </message>
    <message>
        <source>a number from %1 to %2</source>
        <translation>%1 到 %2 的数</translation>
    </message>
    <message>
        <source>a multiple of %1</source>
        <translation>%1 的倍数</translation>
    </message>
    <message>
        <source>at least one</source>
        <translation>至少一个</translation>
    </message>
    <message>
        <source>at least %1</source>
        <translation>至少 %1</translation>
    </message>
    <message>
        <source>at most the %1 bytes that follow</source>
        <translation>最多为其后的 %1 字节</translation>
    </message>
    <message>
        <source>at most %1</source>
        <translation>最多 %1</translation>
    </message>
    <message>
        <source>%1 or more</source>
        <translation>%1 或更大</translation>
    </message>
    <message>
        <source>%1 bytes</source>
        <translation>%1 字节</translation>
    </message>
    <message>
        <source>%1 tokens</source>
        <translation>%1 个词元</translation>
    </message>
    <message>
        <source>%1 by config.json</source>
        <translation>%1（依据 config.json）</translation>
    </message>
    <message>
        <source>%1 by the metadata</source>
        <translation>%1（依据元数据）</translation>
    </message>
    <message>
        <source>the end of the text</source>
        <translation>文本的结尾</translation>
    </message>
    <message>
        <source>a comment (JSON has none)</source>
        <translation>注释（JSON 没有注释）</translation>
    </message>
    <message>
        <source>a trailing comma</source>
        <translation>多余的逗号</translation>
    </message>
    <message>
        <source>a folder or file</source>
        <translation>文件夹或文件</translation>
    </message>
    <message>
        <source>a regular file</source>
        <translation>普通文件</translation>
    </message>
    <message>
        <source>a folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>a pipe</source>
        <translation>管道</translation>
    </message>
    <message>
        <source>a socket</source>
        <translation>套接字</translation>
    </message>
    <message>
        <source>a device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>once</source>
        <translation>一次</translation>
    </message>
    <message>
        <source>none</source>
        <translation>没有</translation>
    </message>
    <message>
        <source>%1 · %2 threads</source>
        <translation>%1 · %2 个线程</translation>
    </message>
    <message>
        <source>%1 · not used: %2</source>
        <translation>%1 · 未使用：%2</translation>
    </message>
    <message>
        <source>none: no %1</source>
        <translation>无：没有 %1</translation>
    </message>
    <message>
        <source>%1; %2</source>
        <translation>%1；%2</translation>
    </message>
    <message>
        <source>context full: the answer stops at %1 tokens; choose a longer context or start a new chat</source>
        <translation>上下文已满：回答在 %1 个词元处停止；请选择更长的上下文或新建对话</translation>
    </message>
    <message>
        <source>%1: not given, so transformers&apos; defaults hold: %2</source>
        <translation>%1：未给出，采用 transformers 的默认值：%2</translation>
    </message>
    <message>
        <source>CUDA self-check › %1</source>
        <translation>CUDA 自检 › %1</translation>
    </message>
    <message>
        <source>AMX is used under Linux on x86-64 only</source>
        <translation>仅在 x86-64 的 Linux 上使用 AMX</translation>
    </message>
    <message>
        <source>AMX products differ from AVX-512 products on this processor</source>
        <translation>在此处理器上 AMX 的乘积与 AVX-512 的不同</translation>
    </message>
    <message>
        <source>the processor has no AMX int8</source>
        <translation>处理器没有 AMX int8</translation>
    </message>
    <message>
        <source>the system does not keep the AMX tile registers</source>
        <translation>系统不保存 AMX 的 tile 寄存器</translation>
    </message>
    <message>
        <source>the system refuses the AMX tile registers: %1</source>
        <translation>系统拒绝使用 AMX 的 tile 寄存器：%1</translation>
    </message>
    <message>
        <source>CUDA: no page-locked main memory for copies (%1)</source>
        <translation>CUDA：没有可用于复制的锁页主内存（%1）</translation>
    </message>
    <message>
        <source>GPU memory for %1: needs %2 more, %3 are free after %4 of weights</source>
        <translation>%1 所需的 GPU 内存：还需要 %2，放入 %4 权重后剩余 %3</translation>
    </message>
    <message>
        <source>the GPU failed: %1</source>
        <translation>GPU 出错：%1</translation>
    </message>
    <message>
        <source>the text is kept, load the model again to go on</source>
        <translation>文本已保留，请重新加载模型后继续</translation>
    </message>
    <message>
        <source>the CUDA backend routes among at most %1 experts, this model has %2</source>
        <translation>CUDA 后端最多在 %1 个专家之间路由，该模型有 %2 个</translation>
    </message>
    <message>
        <source>use the CPU</source>
        <translation>请使用 CPU</translation>
    </message>
    <message>
        <source>this GPU or its driver cannot be used</source>
        <translation>无法使用该 GPU 或其驱动程序</translation>
    </message>
    <message>
        <source>asking for free GPU memory</source>
        <translation>查询 GPU 可用内存</translation>
    </message>
    <message>
        <source>asking the GPU for its properties</source>
        <translation>查询 GPU 属性</translation>
    </message>
    <message>
        <source>choosing the GPU</source>
        <translation>选择 GPU</translation>
    </message>
    <message>
        <source>clearing GPU memory</source>
        <translation>清空 GPU 内存</translation>
    </message>
    <message>
        <source>copying from the GPU</source>
        <translation>从 GPU 复制</translation>
    </message>
    <message>
        <source>copying on the GPU</source>
        <translation>在 GPU 上复制</translation>
    </message>
    <message>
        <source>copying to the GPU</source>
        <translation>复制到 GPU</translation>
    </message>
    <message>
        <source>freeing GPU memory</source>
        <translation>释放 GPU 内存</translation>
    </message>
    <message>
        <source>freeing a recorded step</source>
        <translation>释放录制的步骤</translation>
    </message>
    <message>
        <source>freeing page-locked memory</source>
        <translation>释放锁页内存</translation>
    </message>
    <message>
        <source>launching a recorded step</source>
        <translation>启动录制的步骤</translation>
    </message>
    <message>
        <source>waiting for the GPU</source>
        <translation>等待 GPU</translation>
    </message>
    <message>
        <source>CUDA · %1 · compute capability %2</source>
        <translation>CUDA · %1 · 计算能力 %2</translation>
    </message>
    <message>
        <source>CUDA · %1 · %2 of %3 MiB free</source>
        <translation>CUDA · %1 · 可用 %2 / %3 MiB</translation>
    </message>
    <message>
        <source>not enough memory: %1 of %2 are free, at least %3 are needed</source>
        <translation>内存不足：%2 中可用 %1，至少需要 %3</translation>
    </message>
    <message>
        <source>the driver supports CUDA %1, this plug-in needs %2: update the driver</source>
        <translation>驱动程序支持 CUDA %1，该插件需要 %2：请更新驱动程序</translation>
    </message>
    <message>
        <source>the plug-in is of version %1, this program needs %2</source>
        <translation>插件的版本是 %1，本程序需要 %2</translation>
    </message>
    <message>
        <source>the plug-in was built with %1 or other sources, this program with %2: install both from one build</source>
        <translation>插件用 %1 或其他源代码构建，本程序用 %2 构建：请安装同一次构建的两者</translation>
    </message>
    <message>
        <source>GPU memory: the model needs %1, %2 are free; keep the routed experts of %3 in main memory</source>
        <translation>GPU 内存：模型需要 %1，可用 %2；请把 %3的路由专家留在主内存</translation>
    </message>
    <message>
        <source>GPU memory: the model needs %1, %2 are free; with the routed experts of %3 in main memory it is still too much; choose a shorter context, a smaller quantisation, or the CPU backend</source>
        <translation>GPU 内存：模型需要 %1，可用 %2；把 %3的路由专家留在主内存仍然放不下；请选择更短的上下文、更小的量化或 CPU</translation>
    </message>
    <message>
        <source>GPU memory: the model needs %1, %2 are free; choose a shorter context, a smaller quantisation, or the CPU backend</source>
        <translation>GPU 内存：模型需要 %1，可用 %2；请选择更短的上下文、更小的量化或 CPU</translation>
    </message>
    <message>
        <source>routed experts of %1 in main memory: %2 on the GPU, %3 in main memory</source>
        <translation>%1的路由专家在主内存：GPU 上 %2，主内存 %3</translation>
    </message>
    <message>
        <source>all on the GPU: %1</source>
        <translation>全部在 GPU 上：%1</translation>
    </message>
    <message>
        <source>layers in main memory</source>
        <translation>主内存中的层数</translation>
    </message>
    <message>
        <source>choose a shorter context, a smaller quantisation, or the CPU backend</source>
        <translation>请选择更短的上下文、更小的量化或 CPU</translation>
    </message>
    <message>
        <source>choose a shorter context, a smaller quantisation, or the CPU</source>
        <translation>请选择更短的上下文、更小的量化或 CPU</translation>
    </message>
    <message>
        <source>memory for %1 float32 values (%2 MiB) could not be had</source>
        <translation>无法取得 %1 个 float32 值所需的内存（%2 MiB）</translation>
    </message>
    <message>
        <source>choose a shorter context or close other programs</source>
        <translation>请选择更短的上下文，或关闭其他程序</translation>
    </message>
    <message>
        <source>backend: found an unknown kind</source>
        <translation>后端：未知的种类</translation>
    </message>
    <message>
        <source>Reference · double accumulation · 1 thread</source>
        <translation>参考实现 · 双精度累加 · 1 个线程</translation>
    </message>
    <message>
        <source>thread %1 of %2 could not be started (%3)</source>
        <translation>无法启动第 %1 个线程（共 %2 个）（%3）</translation>
    </message>
    <message>
        <source>cache for a context of %1 tokens: needs %2 bytes (%3)</source>
        <translation>%1 个词元的上下文缓存：需要 %2 字节（%3）</translation>
    </message>
    <message>
        <source>no checkpoint is loaded</source>
        <translation>没有加载检查点</translation>
    </message>
    <message>
        <source>open one first</source>
        <translation>请先打开一个</translation>
    </message>
    <message>
        <source>out of memory</source>
        <translation>内存不足</translation>
    </message>
    <message>
        <source>close something or use a shorter context</source>
        <translation>请关闭一些程序或使用更短的上下文</translation>
    </message>
    <message>
        <source>unexpected failure of an unknown kind</source>
        <translation>未知种类的意外故障</translation>
    </message>
    <message>
        <source>unexpected failure: %1</source>
        <translation>意外故障：%1</translation>
    </message>
    <message>
        <source>the logits at position %1 are not finite</source>
        <translation>位置 %1 处的 logits 不是有限数</translation>
    </message>
    <message>
        <source>the model&apos;s values are not finite at position %1, first after layer %2</source>
        <translation>模型的数值在位置 %1 处不是有限数，最先出现在第 %2 层之后</translation>
    </message>
    <message>
        <source>the model&apos;s values are not finite at position %1, first in the output head</source>
        <translation>模型的数值在位置 %1 处不是有限数，最先出现在输出头</translation>
    </message>
    <message>
        <source>the model&apos;s values are not finite at position %1</source>
        <translation>模型的数值在位置 %1 处不是有限数</translation>
    </message>
    <message>
        <source>chosen by hand</source>
        <translation>手动选择</translation>
    </message>
    <message>
        <source>the chosen template</source>
        <translation>所选的模板</translation>
    </message>
    <message>
        <source>reading the tensor was stopped</source>
        <translation>已停止读取该张量</translation>
    </message>
    <message>
        <source>more than 0</source>
        <translation>大于 0</translation>
    </message>
    <message>
        <source>no built-in chat template &apos;%1&apos;</source>
        <translation>没有内置对话模板“%1”</translation>
    </message>
    <message>
        <source>there are %1</source>
        <translation>现有 %1</translation>
    </message>
    <message>
        <source>it begins texts with %1</source>
        <translation>它以 %1 作为文本开头</translation>
    </message>
    <message>
        <source>its type is llama and its name says so</source>
        <translation>它的类型是 llama，名称也如此表明</translation>
    </message>
    <message>
        <source>its type is %1 and its name says so</source>
        <translation>它的类型是 %1，名称也如此表明</translation>
    </message>
    <message>
        <source>its type is %1</source>
        <translation>它的类型是 %1</translation>
    </message>
    <message>
        <source>its vocabulary has %1, but not %2</source>
        <translation>它的词表中有 %1，但没有 %2</translation>
    </message>
    <message>
        <source>its vocabulary has %1 and %2</source>
        <translation>它的词表中有 %1 和 %2</translation>
    </message>
    <message>
        <source>its vocabulary has %1</source>
        <translation>它的词表中有 %1</translation>
    </message>
    <message>
        <source>nothing in its vocabulary or name speaks of a chat format: it looks like a base model, which continues a plain transcript</source>
        <translation>词表和名称都没有表明对话格式：看起来是基础模型，按普通对话记录续写</translation>
    </message>
    <message>
        <source>whole text (metaspace)</source>
        <translation>整段文本（metaspace）</translation>
    </message>
    <message>
        <source>cut at spaces (metaspace)</source>
        <translation>按空格切分（metaspace）</translation>
    </message>
    <message>
        <source>whole text</source>
        <translation>整段文本</translation>
    </message>
    <message>
        <source>this program cannot reproduce this tokenizer exactly</source>
        <translation>本程序无法准确再现该分词器</translation>
    </message>
    <message>
        <source>normalizer › Prepend without Replace</source>
        <translation>normalizer › 有 Prepend 而没有 Replace</translation>
    </message>
    <message>
        <source>normalizer › Prepend together with pre_tokenizer › Metaspace</source>
        <translation>normalizer › Prepend 与 pre_tokenizer › Metaspace 同时出现</translation>
    </message>
    <message>
        <source>decoder: ByteLevel, while the pre_tokenizer and normalizer end in ByteLevel</source>
        <translation>decoder：是 ByteLevel，而 pre_tokenizer 和 normalizer 以 ByteLevel 结束</translation>
    </message>
    <message>
        <source>decoder: ByteLevel, while the pre_tokenizer and normalizer replace spaces</source>
        <translation>decoder：是 ByteLevel，而 pre_tokenizer 和 normalizer 替换空格</translation>
    </message>
    <message>
        <source>decoder: not ByteLevel, while the pre_tokenizer and normalizer end in ByteLevel</source>
        <translation>decoder：不是 ByteLevel，而 pre_tokenizer 和 normalizer 以 ByteLevel 结束</translation>
    </message>
    <message>
        <source>decoder: not ByteLevel, while the pre_tokenizer and normalizer replace spaces</source>
        <translation>decoder：不是 ByteLevel，而 pre_tokenizer 和 normalizer 替换空格</translation>
    </message>
    <message>
        <source>pre_tokenizer: ByteLevel with spaces replaced before it</source>
        <translation>pre_tokenizer：ByteLevel 之前空格已被替换</translation>
    </message>
    <message>
        <source>pre_tokenizer: cuts after the normalizer replaced the spaces</source>
        <translation>pre_tokenizer：在 normalizer 替换空格之后切分</translation>
    </message>
    <message>
        <source>pre_tokenizer: no ByteLevel component</source>
        <translation>pre_tokenizer：没有 ByteLevel 组件</translation>
    </message>
    <message>
        <source>pre_tokenizer: null, where byte-level tokenizers have ByteLevel</source>
        <translation>pre_tokenizer：是 null，而字节级分词器应有 ByteLevel</translation>
    </message>
    <message>
        <source>no token for the bytes %1</source>
        <translation>字节 %1 没有词元</translation>
    </message>
    <message>
        <source>expected a number that fits in 64 bits</source>
        <translation>应为 64 位以内的数字</translation>
    </message>
    <message>
        <source>expected an integer</source>
        <translation>应为整数</translation>
    </message>
    <message>
        <source>expected an object</source>
        <translation>应为对象</translation>
    </message>
    <message>
        <source>the pattern that cuts text is known for &apos;TikTokenTokenizer&apos; only</source>
        <translation>只知道 “TikTokenTokenizer” 切分文本的模式</translation>
    </message>
    <message>
        <source>piece %1: &apos;%2&apos;</source>
        <translation>词片 %1：“%2”</translation>
    </message>
    <message>
        <source>piece %1</source>
        <translation>词片 %1</translation>
    </message>
    <message>
        <source>refused by the sentencepiece library: %1</source>
        <translation>sentencepiece 库拒绝：%1</translation>
    </message>
    <message>
        <source>the sentencepiece library reads %1 pieces of %2</source>
        <translation>sentencepiece 库读到 %2 个词片中的 %1 个</translation>
    </message>
    <message>
        <source>the sentencepiece library: %1</source>
        <translation>sentencepiece 库：%1</translation>
    </message>
    <message>
        <source>a group ends that never began</source>
        <translation>一个组结束了，却从未开始</translation>
    </message>
    <message>
        <source>a group without an end</source>
        <translation>一个组没有结束</translation>
    </message>
    <message>
        <source>a number longer than ten bytes</source>
        <translation>超过十字节的数</translation>
    </message>
    <message>
        <source>a second normalizer_spec</source>
        <translation>第二个 normalizer_spec</translation>
    </message>
    <message>
        <source>a second trainer_spec</source>
        <translation>第二个 trainer_spec</translation>
    </message>
    <message>
        <source>a trie of %1 bytes in a table of %2</source>
        <translation>%2 字节的表中有 %1 字节的字典树</translation>
    </message>
    <message>
        <source>found wire type %1, expected %2</source>
        <translation>线类型是 %1，应为 %2</translation>
    </message>
    <message>
        <source>groups nested deeper than allowed</source>
        <translation>组的嵌套过深</translation>
    </message>
    <message>
        <source>its last text has no end</source>
        <translation>其最后一段文本没有结尾</translation>
    </message>
    <message>
        <source>its trie leads to node %1 of %2</source>
        <translation>其字典树指向 %2 个节点中的第 %1 个</translation>
    </message>
    <message>
        <source>its trie&apos;s node %1 leads beyond its texts</source>
        <translation>其字典树的节点 %1 指向文本之外</translation>
    </message>
    <message>
        <source>model_type is %1, allowed 1 to 4</source>
        <translation>model_type 是 %1，应为 1 到 4</translation>
    </message>
    <message>
        <source>needs %1 bytes, %2 are left</source>
        <translation>需要 %1 字节，剩余 %2</translation>
    </message>
    <message>
        <source>shorter than its own length field</source>
        <translation>比它自己的长度字段短</translation>
    </message>
    <message>
        <source>the key %1 is no field</source>
        <translation>键 %1 不是字段</translation>
    </message>
    <message>
        <source>the number is cut off</source>
        <translation>数字被截断</translation>
    </message>
    <message>
        <source>the score of %1 is not a finite number</source>
        <translation>%1 的得分不是有限数</translation>
    </message>
    <message>
        <source>the type of %1 is %2, allowed 1 to 6</source>
        <translation>%1 的类型是 %2，应为 1 到 6</translation>
    </message>
    <message>
        <source>the unused %1 has %2 bytes, allowed %3</source>
        <translation>未使用的 %1 有 %2 字节，最多允许 %3</translation>
    </message>
    <message>
        <source>too many pieces</source>
        <translation>词片过多</translation>
    </message>
    <message>
        <source>wire type %1 does not exist</source>
        <translation>线类型 %1 不存在</translation>
    </message>
    <message>
        <source>text to tokenize</source>
        <translation>要分词的文本</translation>
    </message>
    <message>
        <source>control ranges: not sorted, disjoint and in the text</source>
        <translation>控制范围：未排序、有重叠或超出文本</translation>
    </message>
    <message>
        <source>not enough memory for its tables</source>
        <translation>内存不足，放不下它的表</translation>
    </message>
    <message>
        <source>default (the file names none)</source>
        <translation>默认（文件没有指明）</translation>
    </message>
    <message>
        <source>a malformed number, such as one with leading zeros</source>
        <translation>格式错误的数字，例如带前导零</translation>
    </message>
    <message>
        <source>NaN or Infinity (JSON has neither)</source>
        <translation>NaN 或 Infinity（JSON 没有它们）</translation>
    </message>
    <message>
        <source>a single quote (JSON strings stand in double quotes)</source>
        <translation>单引号（JSON 字符串用双引号）</translation>
    </message>
    <message>
        <source>a string that does not end</source>
        <translation>没有结尾的字符串</translation>
    </message>
    <message>
        <source>the first half of a surrogate pair without the second</source>
        <translation>只有代理对的前一半</translation>
    </message>
    <message>
        <source>the second half of a surrogate pair without the first</source>
        <translation>只有代理对的后一半</translation>
    </message>
    <message>
        <source>\u without four hexadecimal digits</source>
        <translation>后面没有四位十六进制数字的 \u</translation>
    </message>
    <message>
        <source>only as an escape such as %1</source>
        <translation>只允许写成 %1 这样的转义</translation>
    </message>
    <message>
        <source>a plain name of a file in the checkpoint&apos;s folder</source>
        <translation>检查点文件夹中的普通文件名</translation>
    </message>
    <message>
        <source>the file name &quot;%1&quot;</source>
        <translation>文件名“%1”</translation>
    </message>
    <message>
        <source>a symbolic link out of the folder, to %1</source>
        <translation>指向文件夹之外（%1）的符号链接</translation>
    </message>
    <message>
        <source>files inside it</source>
        <translation>文件夹内的文件</translation>
    </message>
    <message>
        <source>0 (u8) to 12 (f64)</source>
        <translation>0（u8）到 12（f64）</translation>
    </message>
    <message>
        <source>F32, BF16, F16 or F8_E8M0</source>
        <translation>F32、BF16、F16 或 F8_E8M0</translation>
    </message>
    <message>
        <source>padded with NUL</source>
        <translation>用 NUL 填充</translation>
    </message>
    <message>
        <source>only spaces (0x20) are allowed there</source>
        <translation>那里只允许空格（0x20）</translation>
    </message>
    <message>
        <source>a malformed number</source>
        <translation>格式错误的数字</translation>
    </message>
    <message>
        <source>a number such as 1 or -2.5e3</source>
        <translation>1 或 -2.5e3 这样的数字</translation>
    </message>
    <message>
        <source>a byte order mark</source>
        <translation>字节顺序标记（BOM）</translation>
    </message>
    <message>
        <source>plain UTF-8</source>
        <translation>普通 UTF-8</translation>
    </message>
    <message>
        <source>another member or none</source>
        <translation>另一个成员或没有</translation>
    </message>
    <message>
        <source>an unknown escape</source>
        <translation>未知的转义</translation>
    </message>
    <message>
        <source>those of JSON</source>
        <translation>JSON 的转义</translation>
    </message>
    <message>
        <source>nesting deeper than %1 levels</source>
        <translation>嵌套超过 %1 层</translation>
    </message>
    <message>
        <source>the byte %1 as a bool</source>
        <translation>布尔值为字节 %1</translation>
    </message>
    <message>
        <source>the byte %1</source>
        <translation>字节 %1</translation>
    </message>
    <message>
        <source>the control character %1</source>
        <translation>控制字符 %1</translation>
    </message>
    <message>
        <source>well-formed UTF-8</source>
        <translation>格式正确的 UTF-8</translation>
    </message>
    <message>
        <source>&apos;:&apos; after a key</source>
        <translation>键之后的“:”</translation>
    </message>
    <message>
        <source>a key in double quotes</source>
        <translation>双引号中的键</translation>
    </message>
    <message>
        <source>a value such as %1</source>
        <translation>%1 这样的值</translation>
    </message>
    <message>
        <source>the key &quot;%1&quot; twice (first at %2)</source>
        <translation>键“%1”出现两次（第一次在 %2）</translation>
    </message>
    <message>
        <source>the key &quot;%1&quot; twice</source>
        <translation>键“%1”出现两次</translation>
    </message>
    <message>
        <source>the key &quot;%1&quot; at byte %2 and again at byte %3</source>
        <translation>键“%1”在第 %2 字节和第 %3 字节各出现一次</translation>
    </message>
    <message>
        <source>&quot;%1&quot; at byte %2 and again at byte %3</source>
        <translation>“%1”在第 %2 字节和第 %3 字节各出现一次</translation>
    </message>
    <message>
        <source>more than %1 values</source>
        <translation>超过 %1 个值</translation>
    </message>
    <message>
        <source>more than %1 tensors in all files</source>
        <translation>所有文件中的张量超过 %1 个</translation>
    </message>
    <message>
        <source>more than %1 tensors</source>
        <translation>超过 %1 个张量</translation>
    </message>
    <message>
        <source>more than %1 entries</source>
        <translation>超过 %1 个条目</translation>
    </message>
    <message>
        <source>more than %1 extents</source>
        <translation>超过 %1 个维度</translation>
    </message>
    <message>
        <source>more than %1 files</source>
        <translation>超过 %1 个文件</translation>
    </message>
    <message>
        <source>more than two numbers</source>
        <translation>超过两个数</translation>
    </message>
    <message>
        <source>not a regular file</source>
        <translation>不是普通文件</translation>
    </message>
    <message>
        <source>a socket or pipe</source>
        <translation>套接字或管道</translation>
    </message>
    <message>
        <source>a device, pipe or socket</source>
        <translation>设备、管道或套接字</translation>
    </message>
    <message>
        <source>a header of more than %1</source>
        <translation>超过 %1 的文件头</translation>
    </message>
    <message>
        <source>a length of %1</source>
        <translation>长度 %1</translation>
    </message>
    <message>
        <source>the %1 that follow in the file: damaged, or an incomplete download</source>
        <translation>文件中其后的 %1：文件损坏，或下载不完整</translation>
    </message>
    <message>
        <source>9 (array in array)</source>
        <translation>9（数组中的数组）</translation>
    </message>
    <message>
        <source>numbers, bools or strings</source>
        <translation>数字、布尔值或字符串</translation>
    </message>
    <message>
        <source>a big-endian file (version %1)</source>
        <translation>大端文件（版本 %1）</translation>
    </message>
    <message>
        <source>little-endian ones</source>
        <translation>小端文件</translation>
    </message>
    <message>
        <source>a count of %1 tensors</source>
        <translation>%1 个张量</translation>
    </message>
    <message>
        <source>a count of %1 keys</source>
        <translation>%1 个键</translation>
    </message>
    <message>
        <source>a count of %1</source>
        <translation>%1 个</translation>
    </message>
    <message>
        <source>a u32 that is a power of two from 8 to 2^30</source>
        <translation>u32 类型的 2 的幂，8 到 2^30</translation>
    </message>
    <message>
        <source>&quot;%1&quot; (lower case letters, digits, _ - and dots)</source>
        <translation>“%1”（小写字母、数字、_ - 和点）</translation>
    </message>
    <message>
        <source>the key &quot;%1&quot;, which breaks the format&apos;s spelling</source>
        <translation>键“%1”不符合该格式的写法</translation>
    </message>
    <message>
        <source>the key &quot;%1&quot;</source>
        <translation>键“%1”</translation>
    </message>
    <message>
        <source>bytes %1 to %2</source>
        <translation>第 %1 到 %2 字节</translation>
    </message>
    <message>
        <source>from %1 on, after %2 (a hole)</source>
        <translation>从 %1 开始，在 %2 之后（有空洞）</translation>
    </message>
    <message>
        <source>from %1 on, after %2 (they overlap)</source>
        <translation>从 %1 开始，在 %2 之后（重叠）</translation>
    </message>
    <message>
        <source>the start of the data</source>
        <translation>数据的开头</translation>
    </message>
    <message>
        <source>data up to byte %1</source>
        <translation>到第 %1 字节的数据</translation>
    </message>
    <message>
        <source>rows of %1 elements</source>
        <translation>每行 %1 个元素</translation>
    </message>
    <message>
        <source>%1: found a file that is part %2 of %3, allowed the name %4 (the other parts are found by their names)</source>
        <translation>%1：该文件是第 %2 部分（共 %3 部分），名称应为 %4（其余部分按名称查找）</translation>
    </message>
    <message>
        <source>a string of at most %1 bytes</source>
        <translation>最多 %1 字节的字符串</translation>
    </message>
    <message>
        <source>an array of at most %1 strings</source>
        <translation>最多 %1 个字符串的数组</translation>
    </message>
    <message>
        <source>an array of %1, one for each token</source>
        <translation>%1 的数组，每个词元一个</translation>
    </message>
    <message>
        <source>finite numbers</source>
        <translation>有限数</translation>
    </message>
    <message>
        <source>an array of %1</source>
        <translation>%1 的数组</translation>
    </message>
    <message>
        <source>the unknown type &quot;%1&quot;</source>
        <translation>未知类型“%1”</translation>
    </message>
    <message>
        <source>&quot;%1&quot; (in capitals)</source>
        <translation>“%1”（大写）</translation>
    </message>
    <message>
        <source>a type of the format such as BF16</source>
        <translation>该格式的类型，例如 BF16</translation>
    </message>
    <message>
        <source>a NUL character in the tensor name &quot;%1&quot;</source>
        <translation>张量名“%1”中有 NUL 字符</translation>
    </message>
    <message>
        <source>a NUL character in &quot;%1&quot;</source>
        <translation>“%1”中有 NUL 字符</translation>
    </message>
    <message>
        <source>the field &quot;%1&quot; twice</source>
        <translation>字段“%1”出现两次</translation>
    </message>
    <message>
        <source>the field %1 twice</source>
        <translation>字段 %1 出现两次</translation>
    </message>
    <message>
        <source>the field &quot;%1&quot;</source>
        <translation>字段“%1”</translation>
    </message>
    <message>
        <source>a start at byte %1</source>
        <translation>起点在第 %1 字节</translation>
    </message>
    <message>
        <source>whole bytes</source>
        <translation>整字节</translation>
    </message>
    <message>
        <source>white space</source>
        <translation>空白字符</translation>
    </message>
    <message>
        <source>whatever wrote this file breaks the format, convert it again</source>
        <translation>写出此文件的程序不符合格式，请重新转换</translation>
    </message>
    <message>
        <source>metadata twice</source>
        <translation>metadata 出现两次</translation>
    </message>
    <message>
        <source>weight_map twice</source>
        <translation>weight_map 出现两次</translation>
    </message>
    <message>
        <source>twice, in %1 and %2</source>
        <translation>出现两次，在 %1 和 %2 中</translation>
    </message>
    <message>
        <source>in %1 and in %2</source>
        <translation>在 %1 和 %2 中</translation>
    </message>
    <message>
        <source>… and %1 more like these (%2)</source>
        <translation>…… 另有 %1 个类似的（%2）</translation>
    </message>
    <message>
        <source>gpt-oss: its attention sinks are not run here</source>
        <translation>gpt-oss：本程序不运行它的注意力汇（attention sinks）</translation>
    </message>
    <message>
        <source>a divisor of %1</source>
        <translation>%1 的约数</translation>
    </message>
    <message>
        <source>the length of a key, %1</source>
        <translation>键的长度 %1</translation>
    </message>
    <message>
        <source>&quot;%1&quot;: %2</source>
        <translation>“%1”：%2</translation>
    </message>
    <message>
        <source>DeepSeek-V4: its compressed and sliding attention branches, hash-routed experts and hyper-connections are not computed by this program</source>
        <translation>DeepSeek-V4：本程序不计算它的压缩与滑动注意力分支、哈希路由专家和超连接</translation>
    </message>
    <message>
        <source>DeepSeek-V4: its compressed attention and hyper-connections are not run here</source>
        <translation>DeepSeek-V4：本程序不运行它的压缩注意力和超连接</translation>
    </message>
    <message>
        <source>DeepSeek-OCR: the language half of a model that reads images</source>
        <translation>DeepSeek-OCR：读取图像的模型的语言部分</translation>
    </message>
    <message>
        <source>GLM with sparse attention: not of the DeepSeek family</source>
        <translation>带稀疏注意力的 GLM：不属于 DeepSeek 家族</translation>
    </message>
    <message>
        <source>Kimi Linear: its linear attention is not run here</source>
        <translation>Kimi Linear：本程序不运行它的线性注意力</translation>
    </message>
    <message>
        <source>Qwen2-MoE: its gated shared expert is not run here</source>
        <translation>Qwen2-MoE：本程序不运行它的门控共享专家</translation>
    </message>
    <message>
        <source>Qwen3-MoE: its norms on queries and keys are not run here</source>
        <translation>Qwen3-MoE：本程序不运行它对查询和键的归一化</translation>
    </message>
    <message>
        <source>Qwen3: its norms on queries and keys are not run here</source>
        <translation>Qwen3：本程序不运行它对查询和键的归一化</translation>
    </message>
    <message>
        <source>an encoder: it embeds text and writes none</source>
        <translation>编码器：它只嵌入文本，不生成文本</translation>
    </message>
    <message>
        <source>an image encoder (mmproj), not a language model; open the model&apos;s own file</source>
        <translation>图像编码器（mmproj），不是语言模型；请打开模型自己的文件</translation>
    </message>
    <message>
        <source>a multimodal model; this program runs text models: open its language model alone if it is published so</source>
        <translation>多模态模型；本程序运行文本模型：如果其语言模型单独发布，请打开它</translation>
    </message>
    <message>
        <source>another family, which this program does not run</source>
        <translation>另一个家族，本程序不运行</translation>
    </message>
    <message>
        <source>supported: %1</source>
        <translation>支持：%1</translation>
    </message>
    <message>
        <source>only that</source>
        <translation>只能是它</translation>
    </message>
    <message>
        <source>read as that</source>
        <translation>按它读取</translation>
    </message>
    <message>
        <source>another list</source>
        <translation>另一个列表</translation>
    </message>
    <message>
        <source>one entry per layer: &quot;%1&quot; up to some layer, &quot;%2&quot; from there on</source>
        <translation>每层一个条目：到某层为止是“%1”，之后是“%2”</translation>
    </message>
    <message>
        <source>%1 (a guard; the largest released model has %2)</source>
        <translation>%1（安全上限；已发布的最大模型有 %2）</translation>
    </message>
    <message>
        <source>%1 (MLA does not use it; set it to num_attention_heads)</source>
        <translation>%1（MLA 不使用它；请设为 num_attention_heads）</translation>
    </message>
    <message>
        <source>&quot;%1&quot; as rope_type and &quot;%2&quot; as type</source>
        <translation>rope_type 是“%1”而 type 是“%2”</translation>
    </message>
    <message>
        <source>the same in both</source>
        <translation>两者相同</translation>
    </message>
    <message>
        <source>allowed &quot;yarn&quot;, &quot;llama3&quot;, &quot;linear&quot;, &quot;default&quot; or none</source>
        <translation>允许“yarn”、“llama3”、“linear”、“default”或没有</translation>
    </message>
    <message>
        <source>allowed &quot;yarn&quot;, &quot;linear&quot;, &quot;none&quot;</source>
        <translation>允许“yarn”、“linear”、“none”</translation>
    </message>
    <message>
        <source>allowed F32, F16, BF16 or F8_E4M3 blocks</source>
        <translation>允许 F32、F16、BF16 或 F8_E4M3 块</translation>
    </message>
    <message>
        <source>allowed %1</source>
        <translation>应为 %1</translation>
    </message>
    <message>
        <source>a base of %1</source>
        <translation>底数 %1</translation>
    </message>
    <message>
        <source>above %1 with YaRN</source>
        <translation>使用 YaRN 时大于 %1</translation>
    </message>
    <message>
        <source>another block size</source>
        <translation>另一种块大小</translation>
    </message>
    <message>
        <source>above %1</source>
        <translation>大于 %1</translation>
    </message>
    <message>
        <source>not run</source>
        <translation>不会运行</translation>
    </message>
    <message>
        <source>hidden_size % num_attention_heads = 0 when head_dim is not given</source>
        <translation>未给出 head_dim 时须满足 hidden_size % num_attention_heads = 0</translation>
    </message>
    <message>
        <source>weights are scaled and not normalised, as transformers&apos; deepseek_v2 does (DeepSeek&apos;s own code normalises and does not scale)</source>
        <translation>权重只缩放不归一化，与 transformers 的 deepseek_v2 相同（DeepSeek 自己的代码归一化而不缩放）</translation>
    </message>
    <message>
        <source>MLA does not use it, ignored</source>
        <translation>MLA 不使用它，已忽略</translation>
    </message>
    <message>
        <source>1 (softmax), while the router has a correction bias (exp_probs_b)</source>
        <translation>1（softmax），而路由器有校正偏置（exp_probs_b）</translation>
    </message>
    <message>
        <source>nothing, while the router has a correction bias (exp_probs_b)</source>
        <translation>空缺，而路由器有校正偏置（exp_probs_b）</translation>
    </message>
    <message>
        <source>2 (sigmoid), but no layer has exp_probs_b.bias</source>
        <translation>2（sigmoid），但没有一层有 exp_probs_b.bias</translation>
    </message>
    <message>
        <source>the experts are chosen by their scores alone</source>
        <translation>仅按得分选择专家</translation>
    </message>
    <message>
        <source>the file was converted wrongly</source>
        <translation>文件转换有误</translation>
    </message>
    <message>
        <source>the sizes are those of %1, so its groups are used: %2 of %3</source>
        <translation>其尺寸与 %1 相同，因此采用它的分组：%3 中的 %2</translation>
    </message>
    <message>
        <source>1 (softmax) or 2 (sigmoid)</source>
        <translation>1（softmax）或 2（sigmoid）</translation>
    </message>
    <message>
        <source>2 (sigmoid)</source>
        <translation>2（sigmoid）</translation>
    </message>
    <message>
        <source>the same for all</source>
        <translation>所有层相同</translation>
    </message>
    <message>
        <source>Kimi-K2&apos;s own config has 1, which older converters did not write</source>
        <translation>Kimi-K2 自己的配置是 1，旧的转换器没有写出</translation>
    </message>
    <message>
        <source>convert the model again to be exact</source>
        <translation>要准确请重新转换模型</translation>
    </message>
    <message>
        <source>without it the softmax scale is not corrected, as transformers does for a config without mscale_all_dim</source>
        <translation>没有它就不校正 softmax 的缩放，与 transformers 对没有 mscale_all_dim 的配置的做法相同</translation>
    </message>
    <message>
        <source>a scaling beside %1</source>
        <translation>%1 之外还有一种缩放</translation>
    </message>
    <message>
        <source>one of the two</source>
        <translation>二者之一</translation>
    </message>
    <message>
        <source>the name of a model architecture</source>
        <translation>模型架构的名称</translation>
    </message>
    <message>
        <source>the size of the vocabulary</source>
        <translation>词表大小</translation>
    </message>
    <message>
        <source>a number above 0</source>
        <translation>大于 0 的数</translation>
    </message>
    <message>
        <source>an even number</source>
        <translation>偶数</translation>
    </message>
    <message>
        <source>attention.head_count a multiple of attention.head_count_kv</source>
        <translation>attention.head_count 是 attention.head_count_kv 的倍数</translation>
    </message>
    <message>
        <source>expert_count a multiple of expert_group_count</source>
        <translation>expert_count 是 expert_group_count 的倍数</translation>
    </message>
    <message>
        <source>expert_used_count ≤ the experts in the open groups</source>
        <translation>expert_used_count ≤ 开放组中的专家数</translation>
    </message>
    <message>
        <source>fused FP8 experts of width %1</source>
        <translation>宽度为 %1 的融合 FP8 专家</translation>
    </message>
    <message>
        <source>a GGUF model saved under Hugging Face names</source>
        <translation>以 Hugging Face 名称保存的 GGUF 模型</translation>
    </message>
    <message>
        <source>converted to the layout of DeepSeek&apos;s own inference code</source>
        <translation>转换成了 DeepSeek 自己的推理代码的布局</translation>
    </message>
    <message>
        <source>use the Hugging Face files</source>
        <translation>请使用 Hugging Face 的文件</translation>
    </message>
    <message>
        <source>quantised by GPTQ or AWQ</source>
        <translation>由 GPTQ 或 AWQ 量化</translation>
    </message>
    <message>
        <source>quantised by bitsandbytes</source>
        <translation>由 bitsandbytes 量化</translation>
    </message>
    <message>
        <source>quantised by compressed-tensors</source>
        <translation>由 compressed-tensors 量化</translation>
    </message>
    <message>
        <source>the language part of a multimodal model</source>
        <translation>多模态模型的语言部分</translation>
    </message>
    <message>
        <source>the checkpoint has no %1 in layer %2, expert %3</source>
        <translation>检查点中没有第 %2 层专家 %3 的 %1</translation>
    </message>
    <message>
        <source>the checkpoint has no %1 in layer %2</source>
        <translation>检查点中没有第 %2 层的 %1</translation>
    </message>
    <message>
        <source>the checkpoint has no %1, expert %2</source>
        <translation>检查点中没有专家 %2 的 %1</translation>
    </message>
    <message>
        <source>the checkpoint has no %1</source>
        <translation>检查点中没有 %1</translation>
    </message>
    <message>
        <source>a float type</source>
        <translation>浮点类型</translation>
    </message>
    <message>
        <source>another shape or type than one scale per 128×128 block</source>
        <translation>形状或类型与每个 128×128 块一个缩放因子不符</translation>
    </message>
    <message>
        <source>scale of %1</source>
        <translation>%1 的缩放因子</translation>
    </message>
    <message>
        <source>%1: found &quot;%2&quot;, this processor runs %3</source>
        <translation>%1：写的是“%2”，此处理器支持 %3</translation>
    </message>
    <message>
        <source>%1 has compute capability %2, this plug-in needs %3 or newer</source>
        <translation>%1 的计算能力是 %2，该插件需要 %3 或更高</translation>
    </message>
    <message>
        <source>%1 (CUDA error %2)</source>
        <translation>%1（CUDA 错误 %2）</translation>
    </message>
    <message>
        <source>%1 is damaged: a function is missing</source>
        <translation>%1 已损坏：缺少一个函数</translation>
    </message>
    <message>
        <source>%1 is not a Bathyscope plug-in</source>
        <translation>%1 不是 Bathyscope 插件</translation>
    </message>
    <message>
        <source>%1 of %2 layers</source>
        <translation>%2 层中的 %1 层</translation>
    </message>
    <message>
        <source>%1: rows of %2, no multiple of 256: %3</source>
        <translation>%1：每行 %2 个元素，不是 256 的倍数：%3</translation>
    </message>
    <message>
        <source>%1: no token can be drawn</source>
        <translation>%1：无法抽取词元</translation>
    </message>
    <message>
        <source>%1: no probability can be taken</source>
        <translation>%1：无法取得概率</translation>
    </message>
    <message>
        <source>%1: opening was cancelled</source>
        <translation>%1：已取消打开</translation>
    </message>
    <message>
        <source>%1: not enough memory to read the template</source>
        <translation>%1：内存不足，无法读取模板</translation>
    </message>
    <message>
        <source>%1: not enough memory to render the prompt</source>
        <translation>%1：内存不足，无法生成提示</translation>
    </message>
    <message>
        <source>%1 in a string</source>
        <translation>字符串中的 %1</translation>
    </message>
    <message>
        <source>%1 after the end of the value</source>
        <translation>值结束之后的 %1</translation>
    </message>
    <message>
        <source>%1 (%2 bytes follow)</source>
        <translation>%1（其后有 %2 字节）</translation>
    </message>
    <message>
        <source>%1 in the %2 bytes that follow</source>
        <translation>其后的 %2 字节中最多 %1</translation>
    </message>
    <message>
        <source>%1 › metadata key %2 of %3</source>
        <translation>%1 › 元数据键 %2 / %3</translation>
    </message>
    <message>
        <source>%1 › number of metadata keys</source>
        <translation>%1 › 元数据键的数量</translation>
    </message>
    <message>
        <source>%1 › number of tensors</source>
        <translation>%1 › 张量数量</translation>
    </message>
    <message>
        <source>%1 › number of dimensions</source>
        <translation>%1 › 维数</translation>
    </message>
    <message>
        <source>%1 › tensor table</source>
        <translation>%1 › 张量表</translation>
    </message>
    <message>
        <source>%1 › tensor %2 of %3</source>
        <translation>%1 › 张量 %2 / %3</translation>
    </message>
    <message>
        <source>%1 › metadata: … and %2 more such keys</source>
        <translation>%1 › 元数据：…… 另有 %2 个这样的键</translation>
    </message>
    <message>
        <source>%1: … and %2 more such keys</source>
        <translation>%1：…… 另有 %2 个这样的键</translation>
    </message>
    <message>
        <source>%1 of bytes %2 to %3</source>
        <translation>第 %2 到 %3 字节的 %1</translation>
    </message>
    <message>
        <source>%1, the block of %2</source>
        <translation>%1，即 %2 的块大小</translation>
    </message>
    <message>
        <source>%1 (the alignment)</source>
        <translation>%1（对齐）</translation>
    </message>
    <message>
        <source>%1: the file ends at byte %2, the tensor needs %3: an incomplete download, %4 % are here</source>
        <translation>%1：文件在第 %2 字节结束，该张量需要 %3：下载不完整，只有 %4 %</translation>
    </message>
    <message>
        <source>%1: found %2 bytes after the last tensor, ignored</source>
        <translation>%1：最后一个张量之后还有 %2 字节，已忽略</translation>
    </message>
    <message>
        <source>%1: found type %2, which is no type known to this program</source>
        <translation>%1：类型是 %2，本程序不认识</translation>
    </message>
    <message>
        <source>%1 tensors in all parts</source>
        <translation>所有部分共 %1 个张量</translation>
    </message>
    <message>
        <source>%1 (what all parts hold)</source>
        <translation>%1（所有部分的总和）</translation>
    </message>
    <message>
        <source>%1 finite ones above 0</source>
        <translation>%1 个大于 0 的有限数</translation>
    </message>
    <message>
        <source>%1 factors</source>
        <translation>%1 个系数</translation>
    </message>
    <message>
        <source>%1: the file needs %2 bytes, free on that disk are %3</source>
        <translation>%1：文件需要 %2 字节，该磁盘可用 %3 字节</translation>
    </message>
    <message>
        <source>%1 (the header&apos;s length)</source>
        <translation>%1（文件头的长度）</translation>
    </message>
    <message>
        <source>%1: found the start %2 after the end %3</source>
        <translation>%1：起点 %2 在终点 %3 之后</translation>
    </message>
    <message>
        <source>%1 of %2 bits</source>
        <translation>%2 的 %1 位</translation>
    </message>
    <message>
        <source>%1: found %2, more than 2^64 bits</source>
        <translation>%1：是 %2，超过 2^64 位</translation>
    </message>
    <message>
        <source>%1 (a hole after %2)</source>
        <translation>%1（%2 之后有空洞）</translation>
    </message>
    <message>
        <source>%1: listed in %2</source>
        <translation>%1：列在 %2 中</translation>
    </message>
    <message>
        <source>%1 is GGUF: open that file itself</source>
        <translation>%1 是 GGUF：请直接打开该文件</translation>
    </message>
    <message>
        <source>%1 looks like a PyTorch pickle: not opened, it can run code</source>
        <translation>%1 像是 PyTorch pickle：不会打开，它可以运行代码</translation>
    </message>
    <message>
        <source>%1, as %2 and as %3</source>
        <translation>%1，既是 %2 又是 %3</translation>
    </message>
    <message>
        <source>%1: found no tensors</source>
        <translation>%1：没有张量</translation>
    </message>
    <message>
        <source>%1: no such tensor</source>
        <translation>%1：没有这个张量</translation>
    </message>
    <message>
        <source>%1, which no model this program runs has</source>
        <translation>%1，本程序支持的模型都没有它</translation>
    </message>
    <message>
        <source>%1, which released models of this architecture do not use</source>
        <translation>%1，该架构已发布的模型不使用它</translation>
    </message>
    <message>
        <source>%1, which is not supported</source>
        <translation>%1，不受支持</translation>
    </message>
    <message>
        <source>%1, which is no scaling known to this program</source>
        <translation>%1，本程序不认识这种缩放</translation>
    </message>
    <message>
        <source>%1, which this program does not run yet</source>
        <translation>%1，本程序尚不支持</translation>
    </message>
    <message>
        <source>%1, which this program does not run</source>
        <translation>%1，本程序不支持</translation>
    </message>
    <message>
        <source>%1, which is no type known to this program</source>
        <translation>%1，本程序不认识这种类型</translation>
    </message>
    <message>
        <source>%1, outside the vocabulary of %2</source>
        <translation>%1，超出 %2 的词表</translation>
    </message>
    <message>
        <source>%1, more than %2</source>
        <translation>%1，大于 %2</translation>
    </message>
    <message>
        <source>%1, so 32 is used</source>
        <translation>%1，因此采用 32</translation>
    </message>
    <message>
        <source>%1, while DeepSeek&apos;s models with YaRN have one (0.1 · mscale_all_dim)</source>
        <translation>%1，而使用 YaRN 的 DeepSeek 模型都有一个（0.1 · mscale_all_dim）</translation>
    </message>
    <message>
        <source>%1 beside model_type &quot;%2&quot;, whose class is &quot;%3&quot;</source>
        <translation>%1，而 model_type 是“%2”，其类是“%3”</translation>
    </message>
    <message>
        <source>%1 (the rotary embedding turns pairs)</source>
        <translation>%1（旋转位置编码成对转动）</translation>
    </message>
    <message>
        <source>%1 (the rotary part comes first in it)</source>
        <translation>%1（旋转部分在最前）</translation>
    </message>
    <message>
        <source>%1 (a group is scored by its two best)</source>
        <translation>%1（组的得分取其最好的两个）</translation>
    </message>
    <message>
        <source>%1 when there is more than one group</source>
        <translation>%1（当组数大于一时）</translation>
    </message>
    <message>
        <source>%1 (the experts in the open groups)</source>
        <translation>%1（开放组中的专家数）</translation>
    </message>
    <message>
        <source>%1 (the indexer reads the compressed query)</source>
        <translation>%1（索引器读取压缩后的查询）</translation>
    </message>
    <message>
        <source>%1: contains a path out of its folder</source>
        <translation>%1：含有指向文件夹之外的路径</translation>
    </message>
    <message>
        <source>%1: contains code references</source>
        <translation>%1：含有代码引用</translation>
    </message>
    <message>
        <source>%1, which no %2 model uses</source>
        <translation>%1，没有 %2 模型使用它</translation>
    </message>
    <message>
        <source>%1 for some layers and %2 for others</source>
        <translation>有的层是 %1，有的层是 %2</translation>
    </message>
    <message>
        <source>%1 experts in a group that is scored by its two best</source>
        <translation>%1 个专家（组的得分取其最好的两个）</translation>
    </message>
    <message>
        <source>%1 (a block would span gate and up)</source>
        <translation>%1（否则一个块会跨越 gate 和 up）</translation>
    </message>
    <message>
        <source>%1 (one per 128×128 block of %2)</source>
        <translation>%1（%2 的每个 128×128 块一个）</translation>
    </message>
    <message>
        <source>%1: not used, because %2 is %3</source>
        <translation>%1：未使用，因为 %2 是 %3</translation>
    </message>
    <message>
        <source>%1: found another shape or type than one scale per 128×128 block</source>
        <translation>%1：形状或类型与每个 128×128 块一个缩放因子不符</translation>
    </message>
    <message>
        <source>%1: not of shape %2</source>
        <translation>%1：形状不是 %2</translation>
    </message>
    <message>
        <source>%1: ByteLevel together with other components</source>
        <translation>%1：ByteLevel 与其他组件同时出现</translation>
    </message>
    <message>
        <source>%1: &apos;%2&apos;, not one U+2581</source>
        <translation>%1：是“%2”，不是单个 U+2581</translation>
    </message>
    <message>
        <source>%1: &apos;%2&apos;, not U+2581</source>
        <translation>%1：是“%2”，不是 U+2581</translation>
    </message>
    <message>
        <source>%1: not of a space by U+2581</source>
        <translation>%1：不是用 U+2581 替换空格</translation>
    </message>
    <message>
        <source>%1: &apos;%2&apos; is not supported, only &apos;%3&apos;</source>
        <translation>%1：不支持“%2”，只支持“%3”</translation>
    </message>
    <message>
        <source>%1: &apos;%2&apos; is not supported, only %3</source>
        <translation>%1：不支持“%2”，只支持 %3</translation>
    </message>
    <message>
        <source>%1: &apos;%2&apos; is not known, only &apos;gpt2&apos; and &apos;llama&apos;</source>
        <translation>%1：不认识“%2”，只认识“gpt2”和“llama”</translation>
    </message>
    <message>
        <source>%1: &apos;%2&apos; is not a pre-tokenizer that this program knows</source>
        <translation>%1：“%2”不是本程序认识的预分词器</translation>
    </message>
    <message>
        <source>%1: unknown pattern &apos;%2&apos;</source>
        <translation>%1：未知的模式“%2”</translation>
    </message>
    <message>
        <source>%1: unknown scheme &apos;%2&apos;</source>
        <translation>%1：未知的方案“%2”</translation>
    </message>
    <message>
        <source>%1: unknown kind &apos;%2&apos;</source>
        <translation>%1：未知的种类“%2”</translation>
    </message>
    <message>
        <source>%1: unknown component &apos;%2&apos;</source>
        <translation>%1：未知的组件“%2”</translation>
    </message>
    <message>
        <source>%1: Metaspace after another component</source>
        <translation>%1：Metaspace 出现在另一个组件之后</translation>
    </message>
    <message>
        <source>%1: the component &apos;%2&apos; after ByteLevel</source>
        <translation>%1：ByteLevel 之后还有组件“%2”</translation>
    </message>
    <message>
        <source>%1: the component &apos;%2&apos; after Metaspace</source>
        <translation>%1：Metaspace 之后还有组件“%2”</translation>
    </message>
    <message>
        <source>%1: no symbols for the bytes %2, and unk_token or byte_fallback would replace them</source>
        <translation>%1：字节 %2 没有符号，会被 unk_token 或 byte_fallback 替换</translation>
    </message>
    <message>
        <source>%1: no token for the bytes %2</source>
        <translation>%1：字节 %2 没有词元</translation>
    </message>
    <message>
        <source>%1: &apos;%2&apos; is not in the vocabulary</source>
        <translation>%1：“%2”不在词表中</translation>
    </message>
    <message>
        <source>%1: token &apos;%2&apos; is not in the vocabulary</source>
        <translation>%1：词元“%2”不在词表中</translation>
    </message>
    <message>
        <source>%1: token &apos;%2&apos; with id %3 repeats a token or the id of &apos;%4&apos;</source>
        <translation>%1：编号为 %3 的词元“%2”重复了词元，或重复了“%4”的编号</translation>
    </message>
    <message>
        <source>%1: the token with id %2 has %3 bytes, allowed %4</source>
        <translation>%1：编号为 %2 的词元有 %3 字节，最多允许 %4</translation>
    </message>
    <message>
        <source>%1: &apos;%2&apos; has id %3, allowed 0 to %4</source>
        <translation>%1：“%2”的编号是 %3，应在 0 到 %4 之间</translation>
    </message>
    <message>
        <source>%1: &apos;%2&apos; repeats %3</source>
        <translation>%1：“%2”与 %3 重复</translation>
    </message>
    <message>
        <source>%1: &apos;%2&apos; is not two tokens with one space between them</source>
        <translation>%1：“%2”不是由一个空格隔开的两个词元</translation>
    </message>
    <message>
        <source>%1 has id %2 here and id %3 elsewhere in the file</source>
        <translation>%1 在这里的编号是 %2，在文件别处是 %3</translation>
    </message>
    <message>
        <source>%1 has id %2, which is taken by &apos;%3&apos;</source>
        <translation>%1 的编号是 %2，已被“%3”占用</translation>
    </message>
    <message>
        <source>%1 has id %2 in the vocabulary</source>
        <translation>%1 在词表中的编号是 %2</translation>
    </message>
    <message>
        <source>%1 stands where the vocabulary has &apos;%2&apos;</source>
        <translation>%1 所在的位置在词表中是“%2”</translation>
    </message>
    <message>
        <source>%1: &apos;%2&apos; with id %3 stands where the vocabulary has a token</source>
        <translation>%1：“%2”（编号 %3）所在的位置在词表中已有词元</translation>
    </message>
    <message>
        <source>%1: &apos;%2&apos; with id %3</source>
        <translation>%1：“%2”，编号 %3</translation>
    </message>
    <message>
        <source>%1: not a token id</source>
        <translation>%1：不是词元编号</translation>
    </message>
    <message>
        <source>%1: not empty</source>
        <translation>%1：不为空</translation>
    </message>
    <message>
        <source>%1: expected two tokens</source>
        <translation>%1：应为两个词元</translation>
    </message>
    <message>
        <source>%1: expected %2</source>
        <translation>%1：应为 %2</translation>
    </message>
    <message>
        <source>%1: found &apos;%2&apos;</source>
        <translation>%1：是“%2”</translation>
    </message>
    <message>
        <source>%1: &apos;%2&apos; is not base64 of 1 to %3 bytes</source>
        <translation>%1：“%2”不是 1 到 %3 字节的 base64</translation>
    </message>
    <message>
        <source>%1: not a token in base64, a space and its rank</source>
        <translation>%1：不是“base64 词元、空格、序号”</translation>
    </message>
    <message>
        <source>%1: the rank &apos;%2&apos; is not a number from 0 to %3</source>
        <translation>%1：序号“%2”不是 0 到 %3 的数</translation>
    </message>
    <message>
        <source>%1: the token or its rank %2 was given before</source>
        <translation>%1：该词元或其序号 %2 已经出现过</translation>
    </message>
    <message>
        <source>%1: not a finite number</source>
        <translation>%1：不是有限数</translation>
    </message>
    <message>
        <source>%1: found %2 entries, where tokenizer.ggml.tokens has %3</source>
        <translation>%1：有 %2 个条目，而 tokenizer.ggml.tokens 有 %3 个</translation>
    </message>
    <message>
        <source>%1: id %2 (the default) is outside the vocabulary of %3</source>
        <translation>%1：编号 %2（默认值）超出 %3 的词表</translation>
    </message>
    <message>
        <source>%1: id %2 is outside the vocabulary of %3</source>
        <translation>%1：编号 %2 超出 %3 的词表</translation>
    </message>
    <message>
        <source>%1 is not two tokens with a space between them</source>
        <translation>%1 不是由空格隔开的两个词元</translation>
    </message>
    <message>
        <source>%1 is of type byte, but not spelt &lt;0x00&gt; to &lt;0xFF&gt;</source>
        <translation>%1 的类型是字节，但写法不是 &lt;0x00&gt; 到 &lt;0xFF&gt;</translation>
    </message>
    <message>
        <source>%1 names &apos;%2&apos;, which is not in the vocabulary</source>
        <translation>%1 指向“%2”，它不在词表中</translation>
    </message>
    <message>
        <source>%1 repeats merges[%2]</source>
        <translation>%1 与 merges[%2] 重复</translation>
    </message>
    <message>
        <source>%1 repeats piece %2</source>
        <translation>%1 与词片 %2 重复</translation>
    </message>
    <message>
        <source>%1 stands for the same byte as id %2</source>
        <translation>%1 与编号 %2 表示同一个字节</translation>
    </message>
    <message>
        <source>%1 at byte %2: %3</source>
        <translation>%1 在第 %2 字节：%3</translation>
    </message>
    <message>
        <source>%1 has no text</source>
        <translation>%1 没有文本</translation>
    </message>
    <message>
        <source>%1 has %2 bytes, allowed %3</source>
        <translation>%1 有 %2 字节，最多允许 %3</translation>
    </message>
    <message>
        <source>%1 (the default)</source>
        <translation>%1（默认）</translation>
    </message>
    <message>
        <source>built-in %1</source>
        <translation>内置 %1</translation>
    </message>
    <message>
        <source>more than %1</source>
        <translation>大于 %1</translation>
    </message>
    <message>
        <source>%1, allowed %2</source>
        <translation>%1，应为 %2</translation>
    </message>
    <message>
        <source>%1: found %2</source>
        <translation>%1：实际为 %2</translation>
    </message>
    <message>
        <source>found %1</source>
        <translation>实际为 %1</translation>
    </message>
    <message>
        <source>%1 (0: chosen by the program)</source>
        <translation>%1（0：由程序选择）</translation>
    </message>
    <message>
        <source>0 (until the context is full) or more</source>
        <translation>0（直到上下文用完）或更大</translation>
    </message>
    <message>
        <source>%1, or 0 for one per processor</source>
        <translation>%1，或 0 表示每个处理器一个</translation>
    </message>
    <message>
        <source>%1 or %2</source>
        <translation>%1 或 %2</translation>
    </message>
    <message>
        <source>%1 to %2, the context&apos;s length</source>
        <translation>%1 到 %2，即上下文长度</translation>
    </message>
    <message>
        <source>from %1 on</source>
        <translation>从 %1 开始</translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation>%1 到 %2</translation>
    </message>
    <message>
        <source>%1: found an end at byte %2, but the file holds %3 bytes of data (%4 % of that): an incomplete download, download it again</source>
        <translation>%1：结尾在第 %2 字节，但文件只有 %3 字节数据（%4 %）：下载不完整，请重新下载</translation>
    </message>
    <message>
        <source>this program runs text models: open its language model alone if it is published so</source>
        <translation>本程序运行文本模型：如果其语言模型单独发布，请打开它</translation>
    </message>
    <message>
        <source>F32, F16, BF16, F8_E4M3 with %1</source>
        <translation>F32、F16、BF16，或带 %1 的 F8_E4M3</translation>
    </message>
    <message>
        <source>%1 (%2 looks like a PyTorch pickle: not opened, it can run code)</source>
        <translation>%1（%2 像是 PyTorch pickle：不会打开，它可以运行代码）</translation>
    </message>
    <message>
        <source>%1 (byte %2)</source>
        <translation>%1（第 %2 字节）</translation>
    </message>
    <message>
        <source>%1 › metadata key %2 of %3 %4</source>
        <translation>%1 › 元数据键 %2 / %3 %4</translation>
    </message>
    <message>
        <source>%1 › header length</source>
        <translation>%1 › 文件头长度</translation>
    </message>
    <message>
        <source>%1 › header</source>
        <translation>%1 › 文件头</translation>
    </message>
    <message>
        <source>%1 › metadata</source>
        <translation>%1 › 元数据</translation>
    </message>
    <message>
        <source>%1 › version</source>
        <translation>%1 › 版本</translation>
    </message>
    <message>
        <source>%1 (default) · %2</source>
        <translation>%1（默认）· %2</translation>
    </message>
    <message>
        <source>%1, DeepSeek-V4: its compressed and sliding attention branches, hash-routed experts and hyper-connections are not computed by this program</source>
        <translation>%1，即 DeepSeek-V4：本程序不计算它的压缩与滑动注意力分支、哈希路由专家和超连接</translation>
    </message>
    <message>
        <source>%1, a multimodal model</source>
        <translation>%1，多模态模型</translation>
    </message>
    <message>
        <source>%1, another family, which this program does not run</source>
        <translation>%1，另一个家族，本程序不运行</translation>
    </message>
    <message>
        <source>token ids › %1</source>
        <translation>词元编号 › %1</translation>
    </message>
    <message>
        <source>%1 bytes after the last tensor</source>
        <translation>最后一个张量之后的 %1 字节</translation>
    </message>
    <message>
        <source>keep the routed experts of %1 in main memory</source>
        <translation>请把 %1的路由专家留在主内存</translation>
    </message>
    <message>
        <source>a LoRA adapter or wrapped by PEFT</source>
        <translation>LoRA 适配器，或由 PEFT 包装</translation>
    </message>
    <message>
        <source>in the layout of its makers&apos; own code</source>
        <translation>其作者自有代码的布局</translation>
    </message>
    <message>
        <source>saved without its output head, under names without &quot;model.&quot;</source>
        <translation>保存时不带输出头，且名称中没有“model.”</translation>
    </message>
    <message>
        <source>%1 is used instead</source>
        <translation>改用 %1</translation>
    </message>
    <message>
        <source>choose a built-in template</source>
        <translation>请选择内置模板</translation>
    </message>
    <message>
        <source>a text that needs one of the others is refused</source>
        <translation>需要其余词元的文本会被拒绝</translation>
    </message>
    <message>
        <source>%1: a plain question is not rendered (%2)</source>
        <translation>%1：连一个简单的问题也无法渲染（%2）</translation>
    </message>
    <message>
        <source>%1: the prompt it makes does not contain the question</source>
        <translation>%1：它生成的提示中不含所提的问题</translation>
    </message>
    <message>
        <source>the files are incomplete or of another model: download them again</source>
        <translation>文件不完整或属于另一个模型：请重新下载</translation>
    </message>
    <message>
        <source>only a model with tie_word_embeddings has none: download the files and config.json again</source>
        <translation>只有设了 tie_word_embeddings 的模型才没有它：请重新下载这些文件和 config.json</translation>
    </message>
    <message>
        <source>the file is damaged or incomplete, download it again</source>
        <translation>文件已损坏或不完整，请重新下载</translation>
    </message>
    <message>
        <source>%1: %2 is beside it, as long as a download is not finished</source>
        <translation>%1：旁边有 %2，下载未完成时才会有它</translation>
    </message>
    <message>
        <source>let it finish, or delete that file</source>
        <translation>请等下载完成，或删除该文件</translation>
    </message>
    <message>
        <source>%1, but %2 is there: the download is not finished</source>
        <translation>%1，但有 %2：下载尚未完成</translation>
    </message>
    <message>
        <source>open the folder %1 in it</source>
        <translation>请打开其中的文件夹 %1</translation>
    </message>
    <message>
        <source>use its BF16 or FP8 files, or a GGUF file</source>
        <translation>请使用它的 BF16 或 FP8 文件，或 GGUF 文件</translation>
    </message>
    <message>
        <source>use the model&apos;s BF16 or FP8 files, or a GGUF file</source>
        <translation>请使用该模型的 BF16 或 FP8 文件，或 GGUF 文件</translation>
    </message>
    <message>
        <source>merge it into its base model first</source>
        <translation>请先将其合并到基础模型中</translation>
    </message>
    <message>
        <source>open its language model alone if it is published so</source>
        <translation>若其语言模型单独发布，请直接打开该模型</translation>
    </message>
    <message>
        <source>use the whole model&apos;s files</source>
        <translation>请使用完整模型的文件</translation>
    </message>
    <message>
        <source>open the GGUF file itself</source>
        <translation>请直接打开该 GGUF 文件</translation>
    </message>
    <message>
        <source>%1 (one of %2 such): this checkpoint is %3</source>
        <translation>%1（共 %2 个此类张量）：该检查点是 %3</translation>
    </message>
    <message>
        <source>%1 (%2 is there: the download is not finished)</source>
        <translation>%1（有 %2：下载尚未完成）</translation>
    </message>
    <message>
        <source>%1 · cannot be used</source>
        <translation>%1 · 无法使用</translation>
    </message>
    <message>
        <source>cannot be read</source>
        <translation>无法读取</translation>
    </message>
    <message>
        <source>%1 · %2 pieces · %3 pre-tokenizer</source>
        <translation>%1 · %2 个词元 · %3 预分词器</translation>
    </message>
    <message>
        <source>%1 · %2 pieces · %3</source>
        <translation>%1 · %2 个词元 · %3</translation>
    </message>
    <message>
        <source>sentencepiece library</source>
        <translation>sentencepiece 库</translation>
    </message>
</context>
<context>
    <name>FindingTexts</name>
    <message>
        <source>the path leads to no checkpoint</source>
        <translation>路径不指向检查点</translation>
    </message>
    <message>
        <source>reading was cancelled</source>
        <translation>读取已取消</translation>
    </message>
    <message>
        <source>more memory is needed than is free</source>
        <translation>所需内存超过可用内存</translation>
    </message>
    <message>
        <source>an unexpected failure</source>
        <translation>意外的失败</translation>
    </message>
    <message>
        <source>there are no weights</source>
        <translation>没有权重</translation>
    </message>
    <message>
        <source>the chat template cannot be read</source>
        <translation>无法读取对话模板</translation>
    </message>
    <message>
        <source>there is no tokenizer</source>
        <translation>没有分词器</translation>
    </message>
    <message>
        <source>the tokenizer cannot be read</source>
        <translation>无法读取分词器</translation>
    </message>
    <message>
        <source>the tokenizer does not fit the model</source>
        <translation>分词器与模型不符</translation>
    </message>
    <message>
        <source>the index of the files is missing</source>
        <translation>缺少文件索引</translation>
    </message>
    <message>
        <source>the index of the files is not valid</source>
        <translation>文件索引无效</translation>
    </message>
    <message>
        <source>the index gives another size</source>
        <translation>索引所写大小不符</translation>
    </message>
    <message>
        <source>a file of the model is missing</source>
        <translation>缺少模型文件</translation>
    </message>
    <message>
        <source>files of two downloads are mixed</source>
        <translation>混有两次下载的文件</translation>
    </message>
    <message>
        <source>a file breaks the rules of its format</source>
        <translation>文件违反其格式规则</translation>
    </message>
    <message>
        <source>a file&apos;s name is not allowed</source>
        <translation>文件名不被允许</translation>
    </message>
    <message>
        <source>a file has several names</source>
        <translation>一个文件有多个名称</translation>
    </message>
    <message>
        <source>unusual metadata</source>
        <translation>不寻常的元数据</translation>
    </message>
    <message>
        <source>the format&apos;s version is not supported</source>
        <translation>不支持该格式版本</translation>
    </message>
    <message>
        <source>the folder holds several GGUF models</source>
        <translation>文件夹中有多个 GGUF 模型</translation>
    </message>
    <message>
        <source>something odd in the GGUF file</source>
        <translation>GGUF 文件有异常之处</translation>
    </message>
    <message>
        <source>the name of a part does not fit</source>
        <translation>分卷名称不符</translation>
    </message>
    <message>
        <source>config.json is missing</source>
        <translation>缺少 config.json</translation>
    </message>
    <message>
        <source>config.json cannot be read</source>
        <translation>无法读取 config.json</translation>
    </message>
    <message>
        <source>config.json is not valid JSON</source>
        <translation>config.json 不是有效的 JSON</translation>
    </message>
    <message>
        <source>a setting is missing</source>
        <translation>缺少设置项</translation>
    </message>
    <message>
        <source>a setting has the wrong type</source>
        <translation>设置项类型错误</translation>
    </message>
    <message>
        <source>a setting has a value that is not allowed</source>
        <translation>设置项的值不被允许</translation>
    </message>
    <message>
        <source>settings contradict each other</source>
        <translation>设置项互相矛盾</translation>
    </message>
    <message>
        <source>a setting asks for what this program does not run</source>
        <translation>设置项要求本程序不支持的功能</translation>
    </message>
    <message>
        <source>settings left to their defaults</source>
        <translation>使用默认值的设置项</translation>
    </message>
    <message>
        <source>the architecture is not named</source>
        <translation>没有写明架构</translation>
    </message>
    <message>
        <source>the architecture is not one this program runs</source>
        <translation>不支持该架构</translation>
    </message>
    <message>
        <source>the quantisation is not one this program reads</source>
        <translation>不支持该量化方式</translation>
    </message>
    <message>
        <source>the architecture&apos;s name is unusual</source>
        <translation>架构名称不寻常</translation>
    </message>
    <message>
        <source>the checkpoint brings code; it is never run</source>
        <translation>检查点自带代码；绝不运行</translation>
    </message>
    <message>
        <source>a setting points out of the folder; not followed</source>
        <translation>设置项指向文件夹之外；不予跟随</translation>
    </message>
    <message>
        <source>a setting that has no effect</source>
        <translation>不起作用的设置项</translation>
    </message>
    <message>
        <source>a sliding window that is not used</source>
        <translation>未使用的滑动窗口</translation>
    </message>
    <message>
        <source>the router&apos;s bias is missing</source>
        <translation>缺少路由器偏置</translation>
    </message>
    <message>
        <source>the expert groups are those of the released model</source>
        <translation>专家分组取自已发布的模型</translation>
    </message>
    <message>
        <source>RoPE factors do not fit</source>
        <translation>RoPE 因子不符</translation>
    </message>
    <message>
        <source>YaRN settings left to their defaults</source>
        <translation>YaRN 设置使用默认值</translation>
    </message>
    <message>
        <source>YaRN&apos;s factor and lengths disagree</source>
        <translation>YaRN 因子与长度不一致</translation>
    </message>
    <message>
        <source>a YaRN setting is missing</source>
        <translation>缺少 YaRN 设置</translation>
    </message>
    <message>
        <source>a token outside the vocabulary is ignored</source>
        <translation>忽略词表之外的词元</translation>
    </message>
    <message>
        <source>sampling defaults cannot be read</source>
        <translation>无法读取采样默认值</translation>
    </message>
    <message>
        <source>a tensor is missing</source>
        <translation>缺少张量</translation>
    </message>
    <message>
        <source>a tensor this model does not have</source>
        <translation>此模型没有的张量</translation>
    </message>
    <message>
        <source>a tensor that cannot be read</source>
        <translation>无法读取的张量</translation>
    </message>
    <message>
        <source>a tensor is there twice</source>
        <translation>张量重复</translation>
    </message>
    <message>
        <source>a tensor the index does not list</source>
        <translation>索引未列出的张量</translation>
    </message>
    <message>
        <source>a tensor lies in another file than the index says</source>
        <translation>张量所在文件与索引不符</translation>
    </message>
    <message>
        <source>a tensor is not in the file the index names</source>
        <translation>索引所指文件中没有该张量</translation>
    </message>
    <message>
        <source>a tensor lies in two files</source>
        <translation>张量出现在两个文件中</translation>
    </message>
    <message>
        <source>a tensor has another shape than the model needs</source>
        <translation>张量形状与模型要求不符</translation>
    </message>
    <message>
        <source>a tensor has an element type that cannot be used</source>
        <translation>张量的元素类型无法使用</translation>
    </message>
    <message>
        <source>element types are mixed</source>
        <translation>元素类型混杂</translation>
    </message>
    <message>
        <source>the scales of an FP8 matrix are missing</source>
        <translation>缺少 FP8 矩阵的缩放</translation>
    </message>
    <message>
        <source>scales without an FP8 matrix</source>
        <translation>缩放没有对应的 FP8 矩阵</translation>
    </message>
    <message>
        <source>fused FP8 experts of this width cannot be used</source>
        <translation>无法使用该宽度的融合 FP8 专家</translation>
    </message>
    <message>
        <source>there are more layers than the configuration says</source>
        <translation>层数多于配置所写</translation>
    </message>
    <message>
        <source>the tensors are laid out for another program</source>
        <translation>张量布局属于其他程序</translation>
    </message>
    <message>
        <source>two spellings of the same weights</source>
        <translation>同一权重有两种写法</translation>
    </message>
    <message>
        <source>MTP layers beside the model</source>
        <translation>模型之外的 MTP 层</translation>
    </message>
    <message>
        <source>the GPU is not used</source>
        <translation>未使用 GPU</translation>
    </message>
    <message>
        <source>some matrices take another type</source>
        <translation>有些矩阵采用另一种类型</translation>
    </message>
    <message>
        <source>the tokenizer is not one this program reproduces</source>
        <translation>此程序无法复现该分词器</translation>
    </message>
    <message>
        <source>the chat template does not work</source>
        <translation>聊天模板无法工作</translation>
    </message>
    <message>
        <source>a download is not finished</source>
        <translation>下载尚未完成</translation>
    </message>
</context>
<context>
    <name>MessageItem</name>
    <message>
        <source>You</source>
        <translation>您</translation>
    </message>
    <message>
        <source>System</source>
        <translation>系统</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Thinking…</source>
        <translation>思考中…</translation>
    </message>
    <message>
        <source>Thought</source>
        <translation>已思考</translation>
    </message>
    <message>
        <source>Thought for %1</source>
        <translation>思考了 %1</translation>
    </message>
    <message>
        <source>Contains control text: it is sent as plain text.</source>
        <translation>含有控制文本：作为普通文字发送。</translation>
    </message>
    <message>
        <source>This message was changed on the disk: it does not match its checksum.</source>
        <translation>此消息在磁盘上被改动：与校验和不符。</translation>
    </message>
    <message>
        <source>Not saved yet; trying again.</source>
        <translation>尚未保存；正在重试。</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Waiting for the model…</source>
        <translation>等待模型…</translation>
    </message>
</context>
<context>
    <name>ReportTexts</name>
    <message>
        <source>, RoPE stretched %1×</source>
        <translation>，RoPE 拉伸 %1×</translation>
    </message>
    <message>
        <source>, YaRN %1×</source>
        <translation>，YaRN %1×</translation>
    </message>
    <message>
        <source>, Llama 3 RoPE %1×</source>
        <translation>，Llama 3 RoPE %1×</translation>
    </message>
    <message>
        <source>query rank %1</source>
        <translation>查询秩 %1</translation>
    </message>
    <message>
        <source>plain query</source>
        <translation>普通查询</translation>
    </message>
    <message>
        <source>MLA, %1 heads, latent %2 + %3 RoPE, %4</source>
        <translation>MLA，%1 个头，潜变量 %2 + RoPE %3，%4</translation>
    </message>
    <message>
        <source>MHA, %1 heads of %2, each with its own keys and values</source>
        <translation>MHA，%1 个头，每头 %2 维，各有自己的键和值</translation>
    </message>
    <message>
        <source>MQA, %1 heads of %2 share one key-value head</source>
        <translation>MQA，%1 个头，每头 %2 维，共用一个键值头</translation>
    </message>
    <message>
        <source>GQA, %1 heads of %2 share %3 key-value heads</source>
        <translation>GQA，%1 个头，每头 %2 维，共用 %3 个键值头</translation>
    </message>
    <message>
        <source>Softmax over %1 experts, plus a bias for choosing only</source>
        <translation>对 %1 个专家取 softmax，另加只用于选择的偏置</translation>
    </message>
    <message>
        <source>Softmax over %1 experts</source>
        <translation>对 %1 个专家取 softmax</translation>
    </message>
    <message>
        <source>Sigmoid affinity of %1 experts, plus a bias for choosing only</source>
        <translation>%1 个专家的 sigmoid 亲和度，另加只用于选择的偏置</translation>
    </message>
    <message>
        <source>Sigmoid affinity of %1 experts</source>
        <translation>%1 个专家的 sigmoid 亲和度</translation>
    </message>
    <message>
        <source>; %1 of %2 groups open, scored by the sum of their two best</source>
        <translation>；%2 组中开放 %1 组，以组内最好的两个之和计分</translation>
    </message>
    <message>
        <source>; %1 of %2 groups open, scored by their best expert</source>
        <translation>；%2 组中开放 %1 组，以组内最好的专家计分</translation>
    </message>
    <message>
        <source>none (dense model)</source>
        <translation>无（稠密模型）</translation>
    </message>
    <message>
        <source>%1 routed, %2 per token, %3 shared</source>
        <translation>路由专家 %1 个，每词元 %2 个，共享 %3 个</translation>
    </message>
    <message>
        <source>, sliding window of %1 tokens</source>
        <translation>，滑动窗口 %1 个词元</translation>
    </message>
    <message>
        <source>, an indexer picks %1 slots per token</source>
        <translation>，索引器为每个词元挑选 %1 个槽位</translation>
    </message>
    <message>
        <source>None: a dense model, every token takes the same MLP</source>
        <translation>无：稠密模型，每个词元都经过同一个 MLP</translation>
    </message>
    <message>
        <source>The best %1 of %2 experts by logit; weights: a softmax over the chosen</source>
        <translation>按 logit 选出 %2 个专家中最好的 %1 个；权重：对选中者取 softmax</translation>
    </message>
    <message>
        <source>; the best %1 are chosen</source>
        <translation>；选出最好的 %1 个</translation>
    </message>
    <message>
        <source>; weights: the affinities</source>
        <translation>；权重：亲和度</translation>
    </message>
    <message>
        <source>; weights: the softmax</source>
        <translation>；权重：softmax 值</translation>
    </message>
    <message>
        <source>, divided by their sum</source>
        <translation>，除以其总和</translation>
    </message>
    <message>
        <source>, times %1</source>
        <translation>，乘以 %1</translation>
    </message>
    <message>
        <source>embedding</source>
        <translation>嵌入</translation>
    </message>
    <message>
        <source>attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>indexer</source>
        <translation>索引器</translation>
    </message>
    <message>
        <source>dense MLP</source>
        <translation>稠密 MLP</translation>
    </message>
    <message>
        <source>router</source>
        <translation>路由器</translation>
    </message>
    <message>
        <source>routed experts</source>
        <translation>路由专家</translation>
    </message>
    <message>
        <source>shared experts</source>
        <translation>共享专家</translation>
    </message>
    <message>
        <source>norms</source>
        <translation>归一化</translation>
    </message>
    <message>
        <source>output head</source>
        <translation>输出头</translation>
    </message>
    <message>
        <source>MTP layers</source>
        <translation>MTP 层</translation>
    </message>
    <message>
        <source>not used</source>
        <translation>未使用</translation>
    </message>
    <message>
        <source>Activated: what one token is multiplied with. All but the embedding and the experts that are not chosen; the output head is counted.</source>
        <translation>激活：一个词元所乘的参数。不含嵌入和未选中的专家；计入输出头。</translation>
    </message>
    <message>
        <source>As stored, mapped</source>
        <translation>按原样，映射文件</translation>
    </message>
    <message>
        <source>Q8_0</source>
        <translation>Q8_0</translation>
    </message>
    <message>
        <source>Experts Q4_K, the rest Q8_0</source>
        <translation>专家用 Q4_K，其余用 Q8_0</translation>
    </message>
</context>
<context>
    <name>app</name>
    <message>
        <source>Waiting for the model.</source>
        <translation>等待模型。</translation>
    </message>
    <message>
        <source>Interrupted: the program ended before the answer did. Regenerate to try again.</source>
        <translation>已中断：程序在回答结束前退出。可重新生成再试。</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>已停止。</translation>
    </message>
    <message>
        <source>Stopped at the maximum number of tokens set in the sampling settings.</source>
        <translation>达到采样设置中的最多词元数，已停止。</translation>
    </message>
    <message>
        <source>The context is full. Start a new chat, or load with a larger context.</source>
        <translation>上下文已满。请新建对话，或用更大的上下文加载。</translation>
    </message>
    <message>
        <source>The answer failed.</source>
        <translation>回答失败。</translation>
    </message>
</context>
<context>
    <name>app::AppSettings</name>
    <message>
        <source>it is not a settings file of this program</source>
        <translation>它不是本程序的设置文件</translation>
    </message>
    <message>
        <source>it was written by a newer version (format %1)</source>
        <translation>它由更新的版本写成（格式 %1）</translation>
    </message>
    <message numerus="yes">
        <source>it is incomplete: %n of its settings are missing</source>
        <translation>
            <numerusform>它不完整：缺少 %n 项设置</numerusform>
        </translation>
    </message>
    <message>
        <source>unusable values: %1</source>
        <translation>无法使用的值：%1</translation>
    </message>
    <message>
        <source>The file was kept as %1.</source>
        <translation>原文件已保留为 %1。</translation>
    </message>
    <message>
        <source>The settings could not be saved to %1.</source>
        <translation>设置无法保存到 %1。</translation>
    </message>
    <message>
        <source>Check that the folder exists and is writable.</source>
        <translation>请检查该文件夹是否存在并且可写。</translation>
    </message>
    <message>
        <source>Some settings have their defaults now, because of the settings file: %1.</source>
        <translation>由于设置文件的问题，部分设置现为默认值：%1。</translation>
    </message>
</context>
<context>
    <name>app::ChatViewModel</name>
    <message>
        <source>Opening</source>
        <translation>打开中</translation>
    </message>
    <message>
        <source>This checkpoint has no tokenizer, so it cannot chat: %1</source>
        <translation>此检查点没有分词器，无法对话：%1</translation>
    </message>
    <message>
        <source>Not sent: the checkpoint was not loaded. Regenerate sends it again.</source>
        <translation>未发送：检查点没有加载。“重新生成”会再次发送。</translation>
    </message>
    <message>
        <source>The context is full (%L1 tokens). Start a new chat, or load the checkpoint with a larger context.</source>
        <translation>上下文已满（%L1 个词元）。请新建对话，或用更大的上下文加载检查点。</translation>
    </message>
    <message>
        <source>The engine met an unexpected problem. Your conversation is safe; if it happens again, restart the program.</source>
        <translation>引擎遇到意外问题。您的对话是安全的；如再次发生，请重新启动程序。</translation>
    </message>
    <message>
        <source>The conversation could not be opened.</source>
        <translation>无法打开该对话。</translation>
    </message>
</context>
<context>
    <name>app::ConversationListModel</name>
    <message>
        <source>Today</source>
        <translation>今天</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>昨天</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>新对话</translation>
    </message>
</context>
<context>
    <name>app::InspectorModel</name>
    <message>
        <source>Open a checkpoint to look inside it.</source>
        <translation>打开一个检查点，即可查看其内部。</translation>
    </message>
    <message>
        <source>This token has not gone through the model yet.</source>
        <translation>此词元尚未经过模型。</translation>
    </message>
    <message>
        <source>This model has no routed experts.</source>
        <translation>此模型没有路由专家。</translation>
    </message>
    <message>
        <source>Send a message to see which experts answer.</source>
        <translation>发送消息，即可看到哪些专家在回答。</translation>
    </message>
    <message>
        <source>Send a message to see where each head reads.</source>
        <translation>发送消息，即可看到每个头读取何处。</translation>
    </message>
    <message>
        <source>Send a message to see what the model expects next.</source>
        <translation>发送消息，即可看到模型预期的下一个词元。</translation>
    </message>
    <message>
        <source>The engine has no such values for this token.</source>
        <translation>引擎没有此词元的这些数值。</translation>
    </message>
</context>
<context>
    <name>app::Workspace</name>
    <message>
        <source>The checkpoint&apos;s own chat template cannot run; %1 is used instead.</source>
        <translation>检查点自带的对话模板无法运行；改用 %1。</translation>
    </message>
    <message>
        <source>The checkpoint&apos;s MTP module is not used: no tokens are drafted ahead.</source>
        <translation>未使用检查点的 MTP 模块：不提前起草词元。</translation>
    </message>
    <message>
        <source>The GPU is not used: the CPU runs the model.</source>
        <translation>未使用 GPU：由 CPU 运行模型。</translation>
    </message>
</context>
<context>
    <name>format</name>
    <message>
        <source>%1 billion</source>
        <translation>%1 十亿</translation>
    </message>
    <message>
        <source>%1 million</source>
        <translation>%1 百万</translation>
    </message>
    <message>
        <source>%1 bytes</source>
        <translation>%1 字节</translation>
    </message>
    <message>
        <source>%1 of %2 %3</source>
        <translation>%1 / %2 %3</translation>
    </message>
    <message>
        <source>%1 tok/s</source>
        <translation>%1 词元/秒</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 秒</translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation>%1 分 %2 秒</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <translation>%1 毫秒</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1%</translation>
    </message>
    <message>
        <source>%1 hundred million</source>
        <translation>%1 亿</translation>
    </message>
    <message>
        <source>%1 ten thousand</source>
        <translation>%1 万</translation>
    </message>
</context>
<context>
    <name>store</name>
    <message>
        <source>The conversations were written by a newer version of this program. They can be read; new messages are not saved.</source>
        <translation>对话由本程序更新的版本写成。可以阅读；新消息不会保存。</translation>
    </message>
    <message>
        <source>The conversations cannot be written here. They can be read; new messages are not saved.</source>
        <translation>无法在此写入对话。可以阅读；新消息不会保存。</translation>
    </message>
    <message>
        <source>Another window of this program has the conversations open. What you write here is kept in memory and saved when the other window is closed.</source>
        <translation>本程序的另一个窗口已打开这些对话。您在此写的内容保存在内存中，另一窗口关闭后即会保存。</translation>
    </message>
    <message>
        <source>The conversations cannot be opened. What you write is kept in memory; opening is tried again.</source>
        <translation>无法打开对话。您写的内容保存在内存中；正在重试打开。</translation>
    </message>
    <message numerus="yes">
        <source>The conversation database was damaged. %n message(s) could be read and were kept; the damaged file was set aside.</source>
        <translation>
            <numerusform>对话数据库已损坏。%n 条消息可以读取并已保留；损坏的文件已另存。</numerusform>
        </translation>
    </message>
    <message>
        <source>It is not in the database.</source>
        <translation>它不在数据库中。</translation>
    </message>
    <message>
        <source>A message is too large to be saved (limit 256 MiB). Copy it before you close the window.</source>
        <translation>有一条消息太大，无法保存（上限 256 MiB）。请在关闭窗口前复制它。</translation>
    </message>
    <message>
        <source>The disk is full: messages are kept in memory and saved when there is room. Free some space.</source>
        <translation>磁盘已满：消息保存在内存中，有空间时再保存。请腾出一些空间。</translation>
    </message>
    <message>
        <source>Messages cannot be saved at present. They are kept in memory; saving is tried again.</source>
        <translation>目前无法保存消息。它们保存在内存中；正在重试。</translation>
    </message>
    <message>
        <source>Recovered conversation</source>
        <translation>恢复的对话</translation>
    </message>
    <message>
        <source>Messages that could not be saved last time are saved now.</source>
        <translation>上次未能保存的消息现已保存。</translation>
    </message>
</context>
<context>
    <name>ui::AttachmentChip</name>
    <message>
        <source>Put this text into the message</source>
        <translation>把这段文字放进消息</translation>
    </message>
    <message>
        <source>Remove this text</source>
        <translation>移除这段文字</translation>
    </message>
    <message>
        <source>%1 tokens</source>
        <translation>%1 个词元</translation>
    </message>
    <message>
        <source>%1 characters</source>
        <translation>%1 个字符</translation>
    </message>
    <message>
        <source>Attached text, %1</source>
        <translation>附加的文字，%1</translation>
    </message>
</context>
<context>
    <name>ui::AttentionPanel</name>
    <message>
        <source>Attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>Where the selected token reads among the cached tokens, in one layer, for one head or all</source>
        <translation>所选词元在某一层中读取哪些已缓存的词元，可看单个注意力头或全部</translation>
    </message>
    <message>
        <source>Head, or the mean or maximum over all heads of the layer ([ and ])</source>
        <translation>注意力头，或该层所有头的平均值或最大值（[ 和 ]）</translation>
    </message>
    <message>
        <source>Head</source>
        <translation>头</translation>
    </message>
    <message>
        <source>log</source>
        <translation>对数</translation>
    </message>
    <message>
        <source>lin</source>
        <translation>线性</translation>
    </message>
    <message>
        <source>Weights on a logarithmic scale</source>
        <translation>权重用对数刻度</translation>
    </message>
    <message>
        <source>Weights on a linear scale</source>
        <translation>权重用线性刻度</translation>
    </message>
    <message>
        <source>The lower end of the logarithmic scale</source>
        <translation>对数刻度的下端</translation>
    </message>
    <message>
        <source>Lower end</source>
        <translation>下端</translation>
    </message>
    <message>
        <source>The content (latent) and the RoPE part of every score</source>
        <translation>每个分数的内容（潜变量）部分与 RoPE 部分</translation>
    </message>
    <message>
        <source>Every head of the layer as a row</source>
        <translation>该层的每个头一行</translation>
    </message>
    <message>
        <source>Open a checkpoint and send a message to see where the heads read.</source>
        <translation>打开一个检查点并发送消息，即可看到各头读取何处。</translation>
    </message>
    <message>
        <source>≥ %1</source>
        <translation>≥ %1</translation>
    </message>
    <message>
        <source>sink</source>
        <translation>汇点</translation>
    </message>
    <message>
        <source>Clamp the sink: the first token often takes most of the weight; let it go beyond the scale, and print what it holds</source>
        <translation>截断汇点：第一个词元常占去大部分权重；让它超出刻度，并写出它所占的权重</translation>
    </message>
    <message>
        <source>parts</source>
        <translation>组成</translation>
    </message>
    <message>
        <source>heads</source>
        <translation>各头</translation>
    </message>
    <message>
        <source>mean</source>
        <translation>平均</translation>
    </message>
    <message>
        <source>max</source>
        <translation>最大</translation>
    </message>
    <message>
        <source>score</source>
        <translation>分数</translation>
    </message>
    <message>
        <source>Every score before softmax. This model rotates whole keys: a score has no content and RoPE part</source>
        <translation>softmax 之前的每个分数。此模型旋转整个键：分数不分内容部分与 RoPE 部分</translation>
    </message>
    <message>
        <source>cached: keys and values of each of %1 heads</source>
        <translation>缓存：%1 个头各自的键和值</translation>
    </message>
    <message>
        <source>cached: keys and values of %1 heads, shared by %2 query heads</source>
        <translation>缓存：%1 个头的键和值，由 %2 个查询头共用</translation>
    </message>
    <message>
        <source>sliding window of %1 tokens</source>
        <translation>滑动窗口 %1 个词元</translation>
    </message>
</context>
<context>
    <name>ui::AttentionSlotsView</name>
    <message>
        <source>Attention over the cached tokens</source>
        <translation>对已缓存词元的注意力</translation>
    </message>
    <message>
        <source>content</source>
        <translation>内容</translation>
    </message>
    <message>
        <source>RoPE</source>
        <translation>RoPE</translation>
    </message>
    <message>
        <source>weight, log %1 … %2</source>
        <translation>权重，对数 %1 … %2</translation>
    </message>
    <message>
        <source>weight, linear %1 … %2</source>
        <translation>权重，线性 %1 … %2</translation>
    </message>
    <message>
        <source>bars: max of %1 slots, mean in the full tone</source>
        <translation>条：%1 个槽位的最大值，平均值用深色</translation>
    </message>
    <message>
        <source>score parts ±%1</source>
        <translation>分数组成 ±%1</translation>
    </message>
    <message>
        <source>the scores need a higher panel</source>
        <translation>面板再高些才能显示分数</translation>
    </message>
    <message>
        <source>first token beyond the scale: it holds %1</source>
        <translation>第一个词元超出刻度：它占 %1</translation>
    </message>
    <message>
        <source>slots below the scale: %1, together %2</source>
        <translation>低于刻度的槽位：%1 个，合计 %2</translation>
    </message>
    <message>
        <source>head	H%1, the one that reads it most</source>
        <translation>头	H%1，读取它最多的头</translation>
    </message>
    <message>
        <source>weight (mean)	%1</source>
        <translation>权重（平均）	%1</translation>
    </message>
    <message>
        <source>weight	%1</source>
        <translation>权重	%1</translation>
    </message>
    <message>
        <source>content score	%1</source>
        <translation>内容分数	%1</translation>
    </message>
    <message>
        <source>RoPE score	%1</source>
        <translation>RoPE 分数	%1</translation>
    </message>
    <message>
        <source>sum	%1</source>
        <translation>合计	%1</translation>
    </message>
    <message>
        <source>rank	%1 of %2</source>
        <translation>名次	%1 / %2</translation>
    </message>
    <message>
        <source>bar	max of t%1 … t%2</source>
        <translation>条	t%1 … t%2 的最大值</translation>
    </message>
    <message>
        <source>One bar per cache slot: the attention weight; below it the score, with its content and RoPE parts where the model has them. Shift with left and right moves the marked slot, Enter goes to its token.</source>
        <translation>每个缓存槽位一个条：注意力权重；其下是分数，模型有内容部分与 RoPE 部分时分别画出。Shift 加左右键移动标记的槽位，Enter 转到它的词元。</translation>
    </message>
    <message>
        <source>not read: the indexer did not pick it</source>
        <translation>未读取：索引器没有挑选它</translation>
    </message>
    <message>
        <source>not read: outside the sliding window</source>
        <translation>未读取：在滑动窗口之外</translation>
    </message>
    <message>
        <source>underlined: %1 of %2 slots picked by the indexer</source>
        <translation>下划线：索引器从 %2 个槽位中挑选了 %1 个</translation>
    </message>
    <message>
        <source>sliding window: %1 of %2 slots are read, the grey ones not</source>
        <translation>滑动窗口：%2 个槽位中读取 %1 个，灰色的不读取</translation>
    </message>
    <message>
        <source>score ±%1, before softmax</source>
        <translation>分数 ±%1，softmax 之前</translation>
    </message>
    <message>
        <source>score	%1</source>
        <translation>分数	%1</translation>
    </message>
    <message>
        <source>picked by the indexer</source>
        <translation>由索引器挑选</translation>
    </message>
    <message>
        <source>score</source>
        <translation>分数</translation>
    </message>
</context>
<context>
    <name>ui::CachePanel</name>
    <message>
        <source>equal</source>
        <translation>相同</translation>
    </message>
    <message>
        <source>%1× more</source>
        <translation>多 %1 倍</translation>
    </message>
    <message>
        <source>%1× less</source>
        <translation>少 %1 倍</translation>
    </message>
    <message>
        <source>attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>per token</source>
        <translation>每词元</translation>
    </message>
    <message>
        <source>now</source>
        <translation>当前</translation>
    </message>
    <message>
        <source>full context</source>
        <translation>整个上下文</translation>
    </message>
    <message>
        <source>less ◂ ▸ more</source>
        <translation>更少 ◂ ▸ 更多</translation>
    </message>
    <message>
        <source>Cache</source>
        <translation>缓存</translation>
    </message>
    <message>
        <source>Bytes per token of this model&apos;s cache, beside what other kinds of attention would keep</source>
        <translation>本模型缓存每词元的字节数，与其他注意力方式所需的对比</translation>
    </message>
    <message>
        <source>Open a checkpoint to see what a token costs in its cache.</source>
        <translation>打开一个检查点，即可看到一个词元在缓存中占用多少。</translation>
    </message>
    <message>
        <source>Cache ledger</source>
        <translation>缓存账目</translation>
    </message>
    <message>
        <source>%1, %2 values over all layers</source>
        <translation>%1，所有层共 %2 个数值</translation>
    </message>
    <message>
        <source>this cache</source>
        <translation>本缓存</translation>
    </message>
    <message>
        <source>%1 of %2 tokens in the context · bars: logarithm of the ratio, the same model and element size</source>
        <translation>上下文中 %1 / %2 个词元 · 条：比率的对数，同一模型、同一元素大小</translation>
    </message>
    <message>
        <source> · besides, %1 per token: the latents in whole numbers, for attention on this processor</source>
        <translation> · 此外每个词元 %1：以整数存放的潜变量，供本处理器上的注意力使用</translation>
    </message>
    <message>
        <source>MLA latent</source>
        <translation>MLA 潜变量</translation>
    </message>
    <message>
        <source>MLA latent + index key</source>
        <translation>MLA 潜变量 + 索引键</translation>
    </message>
</context>
<context>
    <name>ui::Canvas</name>
    <message>
        <source>Copy this value</source>
        <translation>复制此值</translation>
    </message>
    <message>
        <source>Copy all as a table (TSV)</source>
        <translation>全部复制为表格（TSV）</translation>
    </message>
</context>
<context>
    <name>ui::ChatPanel</name>
    <message>
        <source>Find in this conversation</source>
        <translation>在本对话中查找</translation>
    </message>
    <message>
        <source>Previous (Shift+Enter)</source>
        <translation>上一个（Shift+Enter）</translation>
    </message>
    <message>
        <source>Next (Enter)</source>
        <translation>下一个（Enter）</translation>
    </message>
    <message>
        <source>Close (Esc)</source>
        <translation>关闭（Esc）</translation>
    </message>
    <message>
        <source>Open checkpoint…</source>
        <translation>打开检查点…</translation>
    </message>
    <message>
        <source>No checkpoint is open</source>
        <translation>没有打开检查点</translation>
    </message>
    <message>
        <source>Open one with File → Open checkpoint… (Ctrl+O), or drop its folder on this window.</source>
        <translation>用“文件 → 打开检查点…”（Ctrl+O）打开一个，或把它的文件夹拖到本窗口。</translation>
    </message>
    <message>
        <source>A new conversation</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>The checkpoint is loading. You can write now: your message is sent when the model is ready.</source>
        <translation>检查点正在加载。现在就可以书写：模型就绪后消息即会发送。</translation>
    </message>
    <message>
        <source>Ask %1 something, and watch which experts answer and where its heads read.</source>
        <translation>向 %1 提问，看看是哪些专家在回答、各头读取何处。</translation>
    </message>
    <message>
        <source>Not found</source>
        <translation>未找到</translation>
    </message>
    <message>
        <source>Link copied, not opened: %1</source>
        <translation>链接已复制，没有打开：%1</translation>
    </message>
</context>
<context>
    <name>ui::ChatView</name>
    <message>
        <source>Conversation</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Copy selection</source>
        <translation>复制所选</translation>
    </message>
    <message>
        <source>Copy message</source>
        <translation>复制消息</translation>
    </message>
    <message>
        <source>Select message</source>
        <translation>选中消息</translation>
    </message>
    <message>
        <source>Regenerate</source>
        <translation>重新生成</translation>
    </message>
    <message>
        <source>Edit and resend</source>
        <translation>编辑并重发</translation>
    </message>
    <message>
        <source>Previous version</source>
        <translation>上一版本</translation>
    </message>
    <message>
        <source>Next version</source>
        <translation>下一版本</translation>
    </message>
    <message>
        <source>Show or hide the reasoning</source>
        <translation>显示或隐藏推理</translation>
    </message>
    <message>
        <source>Copy message (Ctrl+C)</source>
        <translation>复制消息（Ctrl+C）</translation>
    </message>
    <message>
        <source>Edit and resend (E)</source>
        <translation>编辑并重发（E）</translation>
    </message>
    <message>
        <source>Regenerate (R)</source>
        <translation>重新生成（R）</translation>
    </message>
    <message>
        <source>Previous version (Alt+Left)</source>
        <translation>上一版本（Alt+Left）</translation>
    </message>
    <message>
        <source>Next version (Alt+Right)</source>
        <translation>下一版本（Alt+Right）</translation>
    </message>
    <message>
        <source>Show or hide the reasoning (Space)</source>
        <translation>显示或隐藏推理（空格）</translation>
    </message>
    <message>
        <source>Copy this code</source>
        <translation>复制这段代码</translation>
    </message>
    <message>
        <source>Click to copy the error</source>
        <translation>点击复制错误信息</translation>
    </message>
</context>
<context>
    <name>ui::CommandPalette</name>
    <message>
        <source>Commands</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Type a command</source>
        <translation>输入命令</translation>
    </message>
</context>
<context>
    <name>ui::Composer</name>
    <message>
        <source>Message (sent when the model is ready)</source>
        <translation>消息（模型就绪后发送）</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>正在停止…</translation>
    </message>
    <message>
        <source>Reading the prompt…</source>
        <translation>正在读取提示…</translation>
    </message>
    <message>
        <source>Reading the prompt: %1 of %2 tokens</source>
        <translation>正在读取提示：%1 / %2 个词元</translation>
    </message>
    <message>
        <source>Editing a sent message: Enter sends a new version, Esc keeps the old one.</source>
        <translation>正在编辑已发送的消息：Enter 发送新版本，Esc 保留旧版本。</translation>
    </message>
    <message>
        <source>Contains control text: it will be sent as plain text.</source>
        <translation>含有控制文本：将作为普通文字发送。</translation>
    </message>
    <message>
        <source>Your message is sent as soon as the model is ready.</source>
        <translation>模型一就绪就会发送您的消息。</translation>
    </message>
    <message>
        <source>%1 tokens</source>
        <translation>%1 个词元</translation>
    </message>
    <message>
        <source>%1 characters</source>
        <translation>%1 个字符</translation>
    </message>
    <message>
        <source>Prompt progress</source>
        <translation>提示读取进度</translation>
    </message>
    <message>
        <source>Sampling settings (Ctrl+Shift+S)</source>
        <translation>采样设置（Ctrl+Shift+S）</translation>
    </message>
    <message>
        <source>System prompt (Ctrl+Shift+Y)</source>
        <translation>系统提示（Ctrl+Shift+Y）</translation>
    </message>
    <message>
        <source>Show exact prompt (Ctrl+Shift+E)</source>
        <translation>显示准确的提示（Ctrl+Shift+E）</translation>
    </message>
    <message>
        <source>Stop (Esc)</source>
        <translation>停止（Esc）</translation>
    </message>
    <message>
        <source>Send (Enter)</source>
        <translation>发送（Enter）</translation>
    </message>
    <message>
        <source>The clipboard holds %1 characters: too many for one message (16 million at most).</source>
        <translation>剪贴板中有 %1 个字符：对一条消息来说太多（最多 1600 万）。</translation>
    </message>
</context>
<context>
    <name>ui::ContextTokensView</name>
    <message>
        <source>Context as tokens</source>
        <translation>以词元显示的上下文</translation>
    </message>
    <message>
        <source>Send a message to see the context token by token, template text and white space included.</source>
        <translation>发送消息，即可逐词元查看上下文，包括模板文字与空白。</translation>
    </message>
    <message>
        <source>Token %1 · id %2 · %3 · bytes %4</source>
        <translation>词元 %1 · 编号 %2 · %3 · 字节 %4</translation>
    </message>
</context>
<context>
    <name>ui::ConversationPanel</name>
    <message>
        <source>New</source>
        <translation>新建</translation>
    </message>
    <message>
        <source>New conversation (Ctrl+N)</source>
        <translation>新对话（Ctrl+N）</translation>
    </message>
    <message>
        <source>New conversation</source>
        <translation>新对话</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Search conversations</source>
        <translation>搜索对话</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Conversation deleted</source>
        <translation>对话已删除</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>重命名</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>删除</translation>
    </message>
</context>
<context>
    <name>ui::DeviceChoice</name>
    <message>
        <source>Runs on</source>
        <translation>运行于</translation>
    </message>
    <message>
        <source>CPU, %1 threads</source>
        <translation>CPU，%1 个线程</translation>
    </message>
    <message>
        <source>CPU with %1, %2 threads</source>
        <translation>CPU（%1），%2 个线程</translation>
    </message>
    <message>
        <source>The GPU is not used: it does not run this family yet.</source>
        <translation>未使用 GPU：它还不能运行这一系列的模型。</translation>
    </message>
</context>
<context>
    <name>ui::DockTitle</name>
    <message>
        <source>Float or dock this panel</source>
        <translation>浮动或停靠此面板</translation>
    </message>
    <message>
        <source>Close this panel (View → Panels brings it back)</source>
        <translation>关闭此面板（“视图 → 面板”可恢复）</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1：%2</translation>
    </message>
</context>
<context>
    <name>ui::ExpertMapView</name>
    <message>
        <source>Expert map</source>
        <translation>专家图</translation>
    </message>
    <message>
        <source>Every layer with experts as a row, every routed expert as a column. Up and down change the layer, left and right the token, Shift with left and right the expert.</source>
        <translation>每个有专家的层一行，每个路由专家一列。上下键换层，左右键换词元，Shift 加左右键换专家。</translation>
    </message>
    <message>
        <source>affinity: not known for this token</source>
        <translation>亲和度：此词元未知</translation>
    </message>
    <message>
        <source>affinity	%1</source>
        <translation>亲和度	%1</translation>
    </message>
    <message>
        <source>bias	%1</source>
        <translation>偏置	%1</translation>
    </message>
    <message>
        <source>biased score	%1</source>
        <translation>加偏置后的分数	%1</translation>
    </message>
    <message>
        <source>group	%1, open</source>
        <translation>组	%1，开放</translation>
    </message>
    <message>
        <source>group	%1, closed</source>
        <translation>组	%1，关闭</translation>
    </message>
    <message>
        <source>rank	%1 of %2</source>
        <translation>名次	%1 / %2</translation>
    </message>
    <message>
        <source>used	not counted yet</source>
        <translation>使用	尚未计数</translation>
    </message>
    <message>
        <source>used	%1 times in %2 tokens (uniform: %3)</source>
        <translation>使用	%2 个词元中 %1 次（均匀：%3）</translation>
    </message>
    <message>
        <source>L%1 · expert %2</source>
        <translation>L%1 · 专家 %2</translation>
    </message>
    <message>
        <source>not chosen</source>
        <translation>未选中</translation>
    </message>
    <message>
        <source>not known for this token</source>
        <translation>此词元未知</translation>
    </message>
    <message>
        <source>weight	%1</source>
        <translation>权重	%1</translation>
    </message>
</context>
<context>
    <name>ui::ExpertsPanel</name>
    <message>
        <source>Recomputing this token from the cache …</source>
        <translation>正在由缓存重新计算此词元…</translation>
    </message>
    <message>
        <source>Experts</source>
        <translation>专家</translation>
    </message>
    <message>
        <source>Which routed experts the selected token activated in every layer, and why</source>
        <translation>所选词元在每一层激活了哪些路由专家，以及原因</translation>
    </message>
    <message>
        <source>Both</source>
        <translation>两者</translation>
    </message>
    <message>
        <source>Now</source>
        <translation>当前</translation>
    </message>
    <message>
        <source>Usage</source>
        <translation>使用</translation>
    </message>
    <message>
        <source>The selected token&apos;s experts over the usage of the conversation</source>
        <translation>所选词元的专家，叠加在整个对话的使用情况上</translation>
    </message>
    <message>
        <source>Only the experts of the selected token</source>
        <translation>只看所选词元的专家</translation>
    </message>
    <message>
        <source>How often every expert was chosen in this conversation</source>
        <translation>本对话中每个专家被选中的次数</translation>
    </message>
    <message>
        <source>prompt + answer</source>
        <translation>提示 + 回答</translation>
    </message>
    <message>
        <source>prompt</source>
        <translation>提示</translation>
    </message>
    <message>
        <source>answer</source>
        <translation>回答</translation>
    </message>
    <message>
        <source>Whose tokens are counted in the usage</source>
        <translation>使用情况统计哪些词元</translation>
    </message>
    <message>
        <source>Usage of</source>
        <translation>使用统计</translation>
    </message>
    <message>
        <source>log</source>
        <translation>对数</translation>
    </message>
    <message>
        <source>Usage on a logarithmic scale</source>
        <translation>使用次数用对数刻度</translation>
    </message>
    <message>
        <source>Open a checkpoint and send a message to see which experts answer.</source>
        <translation>打开一个检查点并发送消息，即可看到哪些专家在回答。</translation>
    </message>
    <message>
        <source>Send a message to see which experts answer: one row per layer, one column per expert.</source>
        <translation>发送消息即可看到哪些专家在回答：每层一行，每个专家一列。</translation>
    </message>
    <message>
        <source>uniform</source>
        <translation>均匀</translation>
    </message>
    <message>
        <source>Layer %1 is dense: it has no router. Choose a layer with experts with ↑ and ↓ or in the map.</source>
        <translation>第 %1 层是稠密层：没有路由器。请用 ↑ 和 ↓ 或在图中选择有专家的层。</translation>
    </message>
    <message>
        <source>weight</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>used</source>
        <translation>使用</translation>
    </message>
    <message>
        <source>This model has no experts: it is dense, so every token goes through the same weights and no router decides.</source>
        <translation>此模型没有专家：它是稠密模型，每个词元都经过相同的权重，没有路由器作决定。</translation>
    </message>
</context>
<context>
    <name>ui::HeadMapView</name>
    <message>
        <source>Attention of every head</source>
        <translation>每个头的注意力</translation>
    </message>
    <message>
        <source>One row per head of the selected layer, one column per cache slot. The brackets [ and ] choose a head.</source>
        <translation>所选层的每个头一行，每个缓存槽位一列。用 [ 和 ] 选择头。</translation>
    </message>
    <message>
        <source>weight	%1</source>
        <translation>权重	%1</translation>
    </message>
    <message>
        <source>content score	%1</source>
        <translation>内容分数	%1</translation>
    </message>
    <message>
        <source>RoPE score	%1</source>
        <translation>RoPE 分数	%1</translation>
    </message>
    <message>
        <source>cell	max of %1 slots</source>
        <translation>单元	%1 个槽位的最大值</translation>
    </message>
    <message>
        <source>score	%1</source>
        <translation>分数	%1</translation>
    </message>
</context>
<context>
    <name>ui::HistogramView</name>
    <message>
        <source>Histogram of the tensor&apos;s values</source>
        <translation>张量取值的直方图</translation>
    </message>
    <message>
        <source>%1 … %2	%3 elements</source>
        <translation>%1 … %2	%3 个元素</translation>
    </message>
</context>
<context>
    <name>ui::InspectorBinding</name>
    <message>
        <source>recomputing …</source>
        <translation>重新计算中…</translation>
    </message>
    <message>
        <source>live</source>
        <translation>实时</translation>
    </message>
</context>
<context>
    <name>ui::KeySheet</name>
    <message>
        <source>Keys</source>
        <translation>按键</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>发送</translation>
    </message>
    <message>
        <source>New line</source>
        <translation>换行</translation>
    </message>
    <message>
        <source>Stop, or leave editing</source>
        <translation>停止，或退出编辑</translation>
    </message>
    <message>
        <source>In an empty box: edit the last message</source>
        <translation>输入框为空时：编辑上一条消息</translation>
    </message>
    <message>
        <source>Previous or next message</source>
        <translation>上一条或下一条消息</translation>
    </message>
    <message>
        <source>Regenerate</source>
        <translation>重新生成</translation>
    </message>
    <message>
        <source>Edit and resend</source>
        <translation>编辑并重发</translation>
    </message>
    <message>
        <source>Copy the selection or the message</source>
        <translation>复制所选或整条消息</translation>
    </message>
    <message>
        <source>Select the message</source>
        <translation>选中消息</translation>
    </message>
    <message>
        <source>Previous or next version</source>
        <translation>上一或下一版本</translation>
    </message>
    <message>
        <source>Show or hide the reasoning</source>
        <translation>显示或隐藏推理</translation>
    </message>
    <message>
        <source>Previous or next token</source>
        <translation>上一个或下一个词元</translation>
    </message>
    <message>
        <source>Layer (in a panel)</source>
        <translation>层（在面板中）</translation>
    </message>
    <message>
        <source>Previous or next head</source>
        <translation>上一个或下一个头</translation>
    </message>
    <message>
        <source>Follow the newest token</source>
        <translation>跟随最新的词元</translation>
    </message>
    <message>
        <source>Clear the selection</source>
        <translation>清除选择</translation>
    </message>
    <message>
        <source>Message box</source>
        <translation>消息框</translation>
    </message>
    <message>
        <source>Conversation</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Tokens and panels</source>
        <translation>词元与面板</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>窗口</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>ui::LoadChoices</name>
    <message>
        <source>Context length</source>
        <translation>上下文长度</translation>
    </message>
    <message>
        <source>all cores</source>
        <translation>所有核心</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程数</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>%1 in all</source>
        <translation>共 %1</translation>
    </message>
    <message>
        <source>fits, with up to %1 tokens</source>
        <translation>放得下，最多 %1 个词元</translation>
    </message>
    <message>
        <source>does not fit: read from disk as needed, slow</source>
        <translation>放不下：需要时从磁盘读取，较慢</translation>
    </message>
    <message>
        <source>does not fit; with up to %1 tokens it would</source>
        <translation>放不下；最多 %1 个词元时放得下</translation>
    </message>
    <message>
        <source>does not fit</source>
        <translation>放不下</translation>
    </message>
    <message>
        <source>Longer than the %1 tokens this model was made for: what it writes beyond them may be worthless.</source>
        <translation>超过此模型所支持的 %1 个词元：超出部分写出的内容可能毫无价值。</translation>
    </message>
    <message>
        <source>Load it all the same. %1 of weights do not fit beside the rest: they are read from disk again and again, which can take minutes per answer.</source>
        <translation>仍然加载。有 %1 权重放不下：它们会被反复从磁盘读取，每个回答可能要几分钟。</translation>
    </message>
    <message>
        <source>No checkpoint is chosen.</source>
        <translation>没有选择检查点。</translation>
    </message>
    <message>
        <source>It cannot be loaded: %1</source>
        <translation>无法加载：%1</translation>
    </message>
    <message>
        <source>It cannot be loaded: its configuration is not valid.</source>
        <translation>无法加载：配置无效。</translation>
    </message>
    <message>
        <source>It does not fit into memory like this: %1 are needed, %2 are free. Choose a shorter context or smaller weights.</source>
        <translation>这样放不进内存：需要 %1，可用 %2。请选择更短的上下文或更小的权重。</translation>
    </message>
    <message>
        <source>The warning about memory must be accepted first.</source>
        <translation>须先接受有关内存的警告。</translation>
    </message>
    <message>
        <source>%1 weights + %2 MTP module that drafts</source>
        <translation>权重 %1 + 起草用的 MTP 模块 %2</translation>
    </message>
    <message>
        <source>%1 weights</source>
        <translation>权重 %1</translation>
    </message>
    <message>
        <source>%1 + %2 cache (%3 per token) + %4 to work in + %5 program and tokenizer = %6; %7 are free</source>
        <translation>%1 + 缓存 %2（每词元 %3）+ 工作内存 %4 + 程序与分词器 %5 = %6；可用 %7</translation>
    </message>
    <message>
        <source>would change nothing: no matrix here becomes smaller</source>
        <translation>不会有变化：这里没有矩阵会变小</translation>
    </message>
    <message>
        <source>Main memory: %1 weights + %2 program and tokenizer = %3; %4 are free</source>
        <translation>主内存：权重 %1 + 程序与分词器 %2 = %3；可用 %4</translation>
    </message>
    <message>
        <source>Main memory cannot hold its part like this: %1 are needed, %2 are free. Take the weights as they are stored.</source>
        <translation>主内存放不下它的那一部分：需要 %1，可用 %2。请按原样加载权重。</translation>
    </message>
</context>
<context>
    <name>ui::LoadDialog</name>
    <message>
        <source>Open checkpoint</source>
        <translation>打开检查点</translation>
    </message>
    <message>
        <source>Checkpoint folder or file</source>
        <translation>检查点文件夹或文件</translation>
    </message>
    <message>
        <source>Folder…</source>
        <translation>文件夹…</translation>
    </message>
    <message>
        <source>File…</source>
        <translation>文件…</translation>
    </message>
    <message>
        <source>Copy findings</source>
        <translation>复制检查结果</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Load</source>
        <translation>加载</translation>
    </message>
    <message>
        <source> (missing)</source>
        <translation>（缺失）</translation>
    </message>
    <message>
        <source>Bundled demo checkpoint</source>
        <translation>随附的演示检查点</translation>
    </message>
    <message>
        <source>Checkpoint folder</source>
        <translation>检查点文件夹</translation>
    </message>
    <message>
        <source>Checkpoint file</source>
        <translation>检查点文件</translation>
    </message>
    <message>
        <source>Reading headers…</source>
        <translation>正在读取文件头…</translation>
    </message>
    <message>
        <source>Choose a checkpoint, or drop its folder or .gguf file here.
Its headers are read; nothing is loaded until you say so.</source>
        <translation>选择检查点，或将其文件夹或 .gguf 文件拖到这里。
只读取文件头；在您确认之前不加载任何内容。</translation>
    </message>
    <message>
        <source>Folder with config.json and *.safetensors, or a .gguf file</source>
        <translation>含 config.json 和 *.safetensors 的文件夹，或 .gguf 文件</translation>
    </message>
    <message>
        <source>Tensors…</source>
        <translation>张量…</translation>
    </message>
    <message>
        <source>Every tensor in the files, with its values on demand</source>
        <translation>文件中的每个张量，可按需查看取值</translation>
    </message>
    <message>
        <source>Checkpoints (*.gguf *.safetensors config.json);;All files (*)</source>
        <translation>检查点 (*.gguf *.safetensors config.json);;所有文件 (*)</translation>
    </message>
    <message>
        <source>The path is read when you pause, or at once with Enter.</source>
        <translation>停止输入片刻后会读取该路径，按 Enter 立即读取。</translation>
    </message>
    <message>
        <source>Go on typing, or choose with the buttons.</source>
        <translation>请继续输入，或用按钮选择。</translation>
    </message>
</context>
<context>
    <name>ui::LoadStrip</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Loading progress</source>
        <translation>加载进度</translation>
    </message>
    <message>
        <source>Cancel loading</source>
        <translation>取消加载</translation>
    </message>
    <message>
        <source>Cancelling…</source>
        <translation>正在取消…</translation>
    </message>
    <message>
        <source>Opening</source>
        <translation>打开中</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation>%1，%2</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1：%2</translation>
    </message>
</context>
<context>
    <name>ui::MainWindow</name>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;New conversation</source>
        <translation>新对话(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Open checkpoint…</source>
        <translation>打开检查点(&amp;O)…</translation>
    </message>
    <message>
        <source>Open &amp;recent</source>
        <translation>打开最近(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Settings…</source>
        <translation>设置(&amp;S)…</translation>
    </message>
    <message>
        <source>&amp;Close window</source>
        <translation>关闭窗口(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>Copy last &amp;answer</source>
        <translation>复制最后的回答(&amp;A)</translation>
    </message>
    <message>
        <source>&amp;Find in conversation…</source>
        <translation>在对话中查找(&amp;F)…</translation>
    </message>
    <message>
        <source>Find &amp;conversation…</source>
        <translation>查找对话(&amp;C)…</translation>
    </message>
    <message>
        <source>Go to the &amp;message box</source>
        <translation>转到消息框(&amp;M)</translation>
    </message>
    <message>
        <source>Go to the con&amp;versation</source>
        <translation>转到对话(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>Layout: &amp;Chat</source>
        <translation>布局：对话(&amp;C)</translation>
    </message>
    <message>
        <source>Layout: &amp;Inspect</source>
        <translation>布局：检视(&amp;I)</translation>
    </message>
    <message>
        <source>Layout: &amp;Study</source>
        <translation>布局：研究(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Reset layout</source>
        <translation>重置布局(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Panels</source>
        <translation>面板(&amp;P)</translation>
    </message>
    <message>
        <source>Show &amp;tokens</source>
        <translation>显示词元(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Larger text</source>
        <translation>放大文字(&amp;L)</translation>
    </message>
    <message>
        <source>S&amp;maller text</source>
        <translation>缩小文字(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Normal text size</source>
        <translation>正常文字大小(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Model</source>
        <translation>模型(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>停止(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Regenerate the last answer</source>
        <translation>重新生成最后的回答(&amp;R)</translation>
    </message>
    <message>
        <source>Sam&amp;pling settings</source>
        <translation>采样设置(&amp;P)</translation>
    </message>
    <message>
        <source>S&amp;ystem prompt…</source>
        <translation>系统提示(&amp;Y)…</translation>
    </message>
    <message>
        <source>Show &amp;exact prompt…</source>
        <translation>显示准确的提示(&amp;E)…</translation>
    </message>
    <message>
        <source>&amp;Cancel loading</source>
        <translation>取消加载(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Unload the checkpoint</source>
        <translation>卸载检查点(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Inspect</source>
        <translation>检视(&amp;I)</translation>
    </message>
    <message>
        <source>&amp;Previous token</source>
        <translation>上一个词元(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Next token</source>
        <translation>下一个词元(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Follow the newest token</source>
        <translation>跟随最新的词元(&amp;F)</translation>
    </message>
    <message>
        <source>Layer &amp;up</source>
        <translation>上一层(&amp;U)</translation>
    </message>
    <message>
        <source>Layer &amp;down</source>
        <translation>下一层(&amp;D)</translation>
    </message>
    <message>
        <source>Previous &amp;head</source>
        <translation>上一个头(&amp;H)</translation>
    </message>
    <message>
        <source>Next h&amp;ead</source>
        <translation>下一个头(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Clear the selection</source>
        <translation>清除选择(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>&amp;Commands…</source>
        <translation>命令(&amp;C)…</translation>
    </message>
    <message>
        <source>&amp;Keys</source>
        <translation>按键(&amp;K)</translation>
    </message>
    <message>
        <source>&amp;About Bathyscope</source>
        <translation>关于 Bathyscope(&amp;A)</translation>
    </message>
    <message>
        <source>%1 (missing)</source>
        <translation>%1（缺失）</translation>
    </message>
    <message>
        <source>Bundled demo checkpoint</source>
        <translation>随附的演示检查点</translation>
    </message>
    <message>
        <source>About Bathyscope</source>
        <translation>关于 Bathyscope</translation>
    </message>
    <message>
        <source>Bathyscope %1

Chat with a local DeepSeek-family model and see inside it while it speaks.

Licensed under the Apache License 2.0.</source>
        <translation>Bathyscope %1

与本地的 DeepSeek 系列模型对话，并在它说话时看到它的内部。

以 Apache License 2.0 许可。</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>对话</translation>
    </message>
    <message>
        <source>Sampling</source>
        <translation>采样</translation>
    </message>
    <message>
        <source>Experts</source>
        <translation>专家</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>Next token</source>
        <translation>下一个词元</translation>
    </message>
    <message>
        <source>Cache</source>
        <translation>缓存</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>时间线</translation>
    </message>
    <message>
        <source>Only one checkpoint can be opened: drop one folder or one file.</source>
        <translation>只能打开一个检查点：请拖入一个文件夹或一个文件。</translation>
    </message>
    <message>
        <source>Commands (Ctrl+Shift+P)</source>
        <translation>命令（Ctrl+Shift+P）</translation>
    </message>
    <message>
        <source>Commands</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Colour the &amp;text by attention</source>
        <translation>按注意力给文字着色(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Tensors of the checkpoint…</source>
        <translation>检查点的张量(&amp;T)…</translation>
    </message>
</context>
<context>
    <name>ui::MemoryBar</name>
    <message>
        <source>Memory needed of memory free</source>
        <translation>所需内存占可用内存</translation>
    </message>
    <message>
        <source>weights (mapped)</source>
        <translation>权重（映射）</translation>
    </message>
    <message>
        <source>weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>cache</source>
        <translation>缓存</translation>
    </message>
    <message>
        <source>working memory</source>
        <translation>工作内存</translation>
    </message>
    <message>
        <source>together</source>
        <translation>合计</translation>
    </message>
    <message>
        <source>free</source>
        <translation>可用</translation>
    </message>
    <message>
        <source>program and tokenizer</source>
        <translation>程序与分词器</translation>
    </message>
    <message>
        <source>MTP module that drafts (mapped)</source>
        <translation>起草用的 MTP 模块（映射）</translation>
    </message>
</context>
<context>
    <name>ui::NextTokenPanel</name>
    <message>
        <source>%1 bits</source>
        <translation>%1 比特</translation>
    </message>
    <message>
        <source>#</source>
        <translation>#</translation>
    </message>
    <message>
        <source>token</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>id</source>
        <translation>编号</translation>
    </message>
    <message>
        <source>model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>after sampler</source>
        <translation>采样后</translation>
    </message>
    <message>
        <source>Next token</source>
        <translation>下一个词元</translation>
    </message>
    <message>
        <source>The most probable tokens after the selected one, and the one that was drawn</source>
        <translation>所选词元之后概率最高的词元，以及实际抽取的词元</translation>
    </message>
    <message>
        <source>Candidates</source>
        <translation>候选</translation>
    </message>
    <message>
        <source>This token was drawn</source>
        <translation>抽取了此词元</translation>
    </message>
    <message>
        <source>%1 · logit %2</source>
        <translation>%1 · logit %2</translation>
    </message>
    <message>
        <source>cut off</source>
        <translation>被截去</translation>
    </message>
    <message>
        <source>Open a checkpoint and send a message to see what the model expects next.</source>
        <translation>打开一个检查点并发送消息，即可看到模型预期的下一个词元。</translation>
    </message>
    <message>
        <source>Entropy: %1 before the sampler</source>
        <translation>熵：采样前 %1</translation>
    </message>
    <message>
        <source>, %1 after it</source>
        <translation>，采样后 %1</translation>
    </message>
    <message>
        <source>entropy %1 → %2 nats · tokens the sampler kept: %3</source>
        <translation>熵 %1 → %2 奈特 · 采样器保留的词元：%3</translation>
    </message>
    <message>
        <source>The engine named no candidates for this token.</source>
        <translation>引擎没有给出此词元的候选。</translation>
    </message>
    <message>
        <source>entropy %1 nats · recomputed: the model&apos;s own distribution, without a sampler</source>
        <translation>熵 %1 奈特 · 重新计算：模型自身的分布，不含采样器</translation>
    </message>
</context>
<context>
    <name>ui::NoticeBar</name>
    <message>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <source>Copy this notice</source>
        <translation>复制此通知</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>关闭通知</translation>
    </message>
</context>
<context>
    <name>ui::PartsTable</name>
    <message>
        <source>part</source>
        <translation>部分</translation>
    </message>
    <message>
        <source>parameters</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>activated</source>
        <translation>激活</translation>
    </message>
    <message>
        <source>on disk</source>
        <translation>磁盘上</translation>
    </message>
    <message>
        <source>in memory</source>
        <translation>内存中</translation>
    </message>
    <message>
        <source>types</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Parts of the model</source>
        <translation>模型的各部分</translation>
    </message>
    <message>
        <source>With the weights as chosen below</source>
        <translation>按下方所选的权重形式</translation>
    </message>
    <message>
        <source>In the files, but not run</source>
        <translation>在文件中，但不运行</translation>
    </message>
    <message>
        <source>In the files, but not loaded</source>
        <translation>在文件中，但不加载</translation>
    </message>
    <message>
        <source>main model</source>
        <translation>主模型</translation>
    </message>
    <message>
        <source>Without the parts that are not run</source>
        <translation>不含不运行的部分</translation>
    </message>
    <message>
        <source>Drafts tokens ahead; the answer is the model&apos;s own</source>
        <translation>提前起草词元；回答仍由模型自己给出</translation>
    </message>
</context>
<context>
    <name>ui::PlacementChoice</name>
    <message>
        <source>GPU memory needed of GPU memory free</source>
        <translation>GPU 可用内存中需要的部分</translation>
    </message>
    <message>
        <source>Layers whose routed experts stay in main memory</source>
        <translation>路由专家留在主内存的层数</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>As few layers as the GPU&apos;s free memory allows, counted again when it is loaded</source>
        <translation>在 GPU 可用内存允许的范围内取最少的层数，加载时重新计算</translation>
    </message>
    <message>
        <source>Experts in main memory</source>
        <translation>主内存中的专家</translation>
    </message>
    <message>
        <source> of %1 layers</source>
        <translation> / %1 层</translation>
    </message>
    <message>
        <source>estimate: %1</source>
        <translation>估计：%1</translation>
    </message>
    <message>
        <source>Each layer takes %1 from the GPU and gives it to main memory, where the CPU computes it.
The mark is the estimate: as few layers as fit.</source>
        <translation>每一层从 GPU 移出 %1 到主内存，由 CPU 计算。
标记处是估计值：放得下所需的最少层数。</translation>
    </message>
    <message>
        <source>GPU: %1 weights + %2 cache + %3 to work in = %4; %5 are free</source>
        <translation>GPU：权重 %1 + 缓存 %2 + 工作内存 %3 = %4；可用 %5</translation>
    </message>
    <message>
        <source>; the loaded checkpoint holds %1 until the new one is there</source>
        <translation>；已加载的检查点占用 %1，直到新的加载完成</translation>
    </message>
    <message>
        <source>The GPU cannot hold it like this: %1 are needed, %2 are free.</source>
        <translation>GPU 放不下：需要 %1，可用 %2。</translation>
    </message>
    <message>
        <source>Keep the experts of %1 layers in main memory.</source>
        <translation>请把 %1 层的专家留在主内存。</translation>
    </message>
    <message>
        <source>Unload the checkpoint that is open, or choose a shorter context, smaller weights or the CPU.</source>
        <translation>请卸载已打开的检查点，或选择更短的上下文、更小的权重或 CPU。</translation>
    </message>
    <message>
        <source>Choose a shorter context, smaller weights or the CPU.</source>
        <translation>请选择更短的上下文、更小的权重或 CPU。</translation>
    </message>
    <message>
        <source>%1 in all</source>
        <translation>共 %1</translation>
    </message>
    <message>
        <source>too much for the GPU</source>
        <translation>GPU 放不下</translation>
    </message>
    <message>
        <source>fits on the GPU</source>
        <translation>GPU 放得下</translation>
    </message>
    <message>
        <source>fits, with the experts of %1 of %2 layers in main memory</source>
        <translation>放得下，其中 %2 层中 %1 层的专家在主内存</translation>
    </message>
</context>
<context>
    <name>ui::PromptDialog</name>
    <message>
        <source>Rendering…</source>
        <translation>正在渲染…</translation>
    </message>
    <message>
        <source>Exact prompt</source>
        <translation>准确的提示</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Copy text</source>
        <translation>复制文本</translation>
    </message>
    <message>
        <source>Copy tokens</source>
        <translation>复制词元</translation>
    </message>
    <message>
        <source>Tokens of the prompt</source>
        <translation>提示的词元</translation>
    </message>
    <message>
        <source>%1 tokens, %2 bytes; messages: %3. Coloured: what the chat template adds; only there can control tokens be.</source>
        <translation>%1 个词元，%2 字节；消息 %3 条。着色部分由对话模板添加；只有那里才会有控制词元。</translation>
    </message>
</context>
<context>
    <name>ui::PromptTokensModel</name>
    <message>
        <source>control</source>
        <translation>控制</translation>
    </message>
    <message>
        <source>template</source>
        <translation>模板</translation>
    </message>
    <message>
        <source>message %1</source>
        <translation>消息 %1</translation>
    </message>
    <message>
        <source>bytes %1</source>
        <translation>字节 %1</translation>
    </message>
    <message>
        <source>#</source>
        <translation>#</translation>
    </message>
    <message>
        <source>id</source>
        <translation>编号</translation>
    </message>
    <message>
        <source>token</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>from</source>
        <translation>来源</translation>
    </message>
</context>
<context>
    <name>ui::ReportView</name>
    <message>
        <source>Severity</source>
        <translation>严重程度</translation>
    </message>
    <message>
        <source>Finding</source>
        <translation>检查结果</translation>
    </message>
    <message>
        <source>Findings</source>
        <translation>检查结果</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>架构</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>层</translation>
    </message>
    <message>
        <source>Experts</source>
        <translation>专家</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>Element type</source>
        <translation>元素类型</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>%1, of which %2 activated per token</source>
        <translation>%1，其中每词元激活 %2</translation>
    </message>
    <message>
        <source>%1 in total, %2 activated</source>
        <translation>共 %1，激活 %2</translation>
    </message>
    <message>
        <source>Tokenizer</source>
        <translation>分词器</translation>
    </message>
    <message>
        <source>Chat template</source>
        <translation>对话模板</translation>
    </message>
    <message>
        <source>Runs on</source>
        <translation>运行于</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Warning</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>说明</translation>
    </message>
    <message>
        <source>GGUF</source>
        <translation>GGUF</translation>
    </message>
    <message>
        <source>Hugging Face folder</source>
        <translation>Hugging Face 文件夹</translation>
    </message>
    <message>
        <source>%1, files: %2, tensors: %3</source>
        <translation>%1，文件：%2，张量：%3</translation>
    </message>
    <message>
        <source>Overview</source>
        <translation>概览</translation>
    </message>
    <message>
        <source>Cannot be loaded. Errors: %1</source>
        <translation>无法加载。错误：%1</translation>
    </message>
    <message>
        <source>Can be loaded: nothing is missing or wrong.</source>
        <translation>可以加载：没有缺失或错误。</translation>
    </message>
    <message>
        <source>Can be loaded. Warnings: %1</source>
        <translation>可以加载。警告：%1</translation>
    </message>
    <message>
        <source>%1, hidden size %2, vocabulary %3</source>
        <translation>%1，隐藏维度 %2，词表 %3</translation>
    </message>
    <message>
        <source>%1 (%2 with experts), hidden size %3, vocabulary %4</source>
        <translation>%1（%2 层有专家），隐藏维度 %3，词表 %4</translation>
    </message>
    <message>
        <source>Router</source>
        <translation>路由器</translation>
    </message>
    <message>
        <source>Cache</source>
        <translation>缓存</translation>
    </message>
    <message>
        <source>%1 per token</source>
        <translation>每词元 %1</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>Findings (%1)</source>
        <translation>检查结果（%1）</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <source>code %1</source>
        <translation>代码 %1</translation>
    </message>
</context>
<context>
    <name>ui::RouterBarsView</name>
    <message>
        <source>chosen</source>
        <translation>选中</translation>
    </message>
    <message>
        <source>group open, scored too low</source>
        <translation>组开放，但分数太低</translation>
    </message>
    <message>
        <source>group closed</source>
        <translation>组关闭</translation>
    </message>
    <message>
        <source>group closed; without the group limit it would be chosen</source>
        <translation>组关闭；若无组限制则会选中</translation>
    </message>
    <message>
        <source>Router decision</source>
        <translation>路由决定</translation>
    </message>
    <message>
        <source>One bar per routed expert of the selected layer: affinity, bias, biased score and whether it was chosen. The table below lists the chosen ones.</source>
        <translation>所选层的每个路由专家一根条：亲和度、偏置、加偏置后的分数，以及是否选中。下表列出选中的专家。</translation>
    </message>
    <message>
        <source>g%1 %2 open</source>
        <translation>g%1 %2 开放</translation>
    </message>
    <message>
        <source>g%1 %2 closed</source>
        <translation>g%1 %2 关闭</translation>
    </message>
    <message>
        <source>expert %1: %2</source>
        <translation>专家 %1：%2</translation>
    </message>
    <message>
        <source>affinity	%1</source>
        <translation>亲和度	%1</translation>
    </message>
    <message>
        <source>bias	%1</source>
        <translation>偏置	%1</translation>
    </message>
    <message>
        <source>biased score	%1</source>
        <translation>加偏置后的分数	%1</translation>
    </message>
    <message>
        <source>group	%1, open</source>
        <translation>组	%1，开放</translation>
    </message>
    <message>
        <source>group	%1, closed</source>
        <translation>组	%1，关闭</translation>
    </message>
    <message>
        <source>rank	%1 of %2</source>
        <translation>名次	%1 / %2</translation>
    </message>
    <message>
        <source>rank in open groups	%1</source>
        <translation>在开放组中的名次	%1</translation>
    </message>
    <message>
        <source>final weight	%1</source>
        <translation>最终权重	%1</translation>
    </message>
    <message>
        <source>short of the line by	%1</source>
        <translation>距入选线	%1</translation>
    </message>
</context>
<context>
    <name>ui::RouterDecisionView</name>
    <message>
        <source>bias − mean</source>
        <translation>偏置 − 平均</translation>
    </message>
    <message>
        <source>Draw the bias less its mean over the layer: a bias that all experts share changes no choice</source>
        <translation>画出偏置减去该层平均值：所有专家共有的偏置不改变选择</translation>
    </message>
    <message>
        <source>Copy the whole decision as a table (TSV)</source>
        <translation>把整个决定复制为表格（TSV）</translation>
    </message>
    <message>
        <source>Copy decision</source>
        <translation>复制决定</translation>
    </message>
    <message>
        <source>Chosen experts in order</source>
        <translation>按次序列出选中的专家</translation>
    </message>
    <message>
        <source>#</source>
        <translation>#</translation>
    </message>
    <message>
        <source>expert</source>
        <translation>专家</translation>
    </message>
    <message>
        <source>group</source>
        <translation>组</translation>
    </message>
    <message>
        <source>affinity</source>
        <translation>亲和度</translation>
    </message>
    <message>
        <source>+ bias</source>
        <translation>+ 偏置</translation>
    </message>
    <message>
        <source>= biased</source>
        <translation>= 合计</translation>
    </message>
    <message>
        <source>weight</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>L%1: how its experts were chosen</source>
        <translation>L%1：专家是如何选出的</translation>
    </message>
    <message>
        <source>How the experts were chosen</source>
        <translation>专家是如何选出的</translation>
    </message>
    <message>
        <source>■ chosen, with a dot</source>
        <translation>■ 选中，带圆点</translation>
    </message>
    <message>
        <source>cap: the bias, orange adds, blue takes away</source>
        <translation>顶端：偏置，橙色为加，蓝色为减</translation>
    </message>
    <message>
        <source>hatched: group closed</source>
        <translation>斜线：组关闭</translation>
    </message>
    <message>
        <source>▽ only shut out by the group limit: %1</source>
        <translation>▽ 仅因组限制而落选：%1</translation>
    </message>
    <message>
        <source>dashed: the line to reach, %1</source>
        <translation>虚线：入选线，%1</translation>
    </message>
    <message>
        <source>margin to the next: %1</source>
        <translation>与下一名的差距：%1</translation>
    </message>
    <message>
        <source>bias drawn less its mean %1</source>
        <translation>偏置已减去平均值 %1</translation>
    </message>
    <message>
        <source>not chosen</source>
        <translation>未选中</translation>
    </message>
    <message>
        <source>shared experts (%1): always, weight 1</source>
        <translation>共享专家（%1）：始终参与，权重 1</translation>
    </message>
    <message>
        <source>Shared experts read every token; the router does not weigh them</source>
        <translation>共享专家读取每个词元；路由器不给它们加权</translation>
    </message>
    <message>
        <source>next</source>
        <translation>下一名</translation>
    </message>
    <message>
        <source>Affinity = sigmoid of the router&apos;s output for each of %1 experts.</source>
        <translation>亲和度 = 路由器对 %1 个专家各自输出的 sigmoid。</translation>
    </message>
    <message>
        <source>Affinity = softmax of the router&apos;s output over %1 experts.</source>
        <translation>亲和度 = 路由器对 %1 个专家输出的 softmax。</translation>
    </message>
    <message>
        <source>A bias is added for choosing only.</source>
        <translation>偏置只用于选择。</translation>
    </message>
    <message>
        <source>The bias for choosing is zero in this layer.</source>
        <translation>本层用于选择的偏置为零。</translation>
    </message>
    <message>
        <source>A group counts the sum of its two best; the best %1 of %2 groups are open.</source>
        <translation>每组以其最好的两个之和计分；%2 组中最好的 %1 组开放。</translation>
    </message>
    <message>
        <source>The best %1 are chosen.</source>
        <translation>选出最好的 %1 个。</translation>
    </message>
    <message>
        <source>Weight = affinity ÷ sum of the chosen affinities × %1.</source>
        <translation>权重 = 亲和度 ÷ 选中亲和度之和 × %1。</translation>
    </message>
    <message>
        <source>Weight = affinity × %1.</source>
        <translation>权重 = 亲和度 × %1。</translation>
    </message>
    <message>
        <source>A group&apos;s score is the maximum of its experts; the best %1 of %2 groups are open.</source>
        <translation>每组以其专家的最大值计分；%2 组中最好的 %1 组开放。</translation>
    </message>
    <message>
        <source>The best %1 are chosen. Weight = softmax over the chosen, which is affinity ÷ sum of the chosen affinities.</source>
        <translation>选出最好的 %1 个。权重 = 对选中者取 softmax，即亲和度 ÷ 选中亲和度之和。</translation>
    </message>
</context>
<context>
    <name>ui::SamplingPanel</name>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>off</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation>Min-p</translation>
    </message>
    <message>
        <source>Repetition penalty</source>
        <translation>重复惩罚</translation>
    </message>
    <message>
        <source>random</source>
        <translation>随机</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>随机种子</translation>
    </message>
    <message>
        <source>until the context is full</source>
        <translation>直到上下文已满</translation>
    </message>
    <message>
        <source>Maximum tokens</source>
        <translation>最多词元数</translation>
    </message>
    <message>
        <source>0 always takes the most probable token</source>
        <translation>0 表示总是取概率最高的词元</translation>
    </message>
    <message>
        <source>Keep only the k most probable tokens</source>
        <translation>只保留概率最高的 k 个词元</translation>
    </message>
    <message>
        <source>Keep the most probable tokens that together reach this probability</source>
        <translation>保留概率合计达到此值的最可能词元</translation>
    </message>
    <message>
        <source>Drop tokens below this share of the most probable one</source>
        <translation>去掉低于最高概率此比例的词元</translation>
    </message>
    <message>
        <source>1 is off; above 1 tokens of the context get rarer</source>
        <translation>1 为关闭；大于 1 时上下文中的词元更少出现</translation>
    </message>
    <message>
        <source>An answer stops after this many tokens</source>
        <translation>回答在达到此词元数后停止</translation>
    </message>
    <message>
        <source>Reset to the checkpoint&apos;s defaults</source>
        <translation>恢复检查点的默认值</translation>
    </message>
</context>
<context>
    <name>ui::ScaleLegend</name>
    <message>
        <source>%1 … %2 log  %3</source>
        <translation>%1 … %2 对数  %3</translation>
    </message>
    <message>
        <source>%1 … %2  %3</source>
        <translation>%1 … %2  %3</translation>
    </message>
</context>
<context>
    <name>ui::SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>设置</translation>
    </message>
    <message>
        <source>Follow the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>颜色</translation>
    </message>
    <message>
        <source>Font size</source>
        <translation>字体大小</translation>
    </message>
    <message>
        <source>The language changes when the program starts again.</source>
        <translation>语言在程序下次启动时改变。</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>all cores</source>
        <translation>所有核心</translation>
    </message>
    <message>
        <source>Counts from the next checkpoint that is opened</source>
        <translation>从下一次打开检查点起生效</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程数</translation>
    </message>
    <message>
        <source>the checkpoint&apos;s default</source>
        <translation>检查点的默认值</translation>
    </message>
    <message>
        <source>Context length</source>
        <translation>上下文长度</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>System prompt of new conversations</source>
        <translation>新对话的系统提示</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>ui::StatusBar</name>
    <message>
        <source>Where the model runs</source>
        <translation>模型运行的设备</translation>
    </message>
    <message>
        <source>Speed of reading the prompt, of the tokens really computed</source>
        <translation>读取提示的速度，只计实际计算的词元</translation>
    </message>
    <message>
        <source>Speed of the answer</source>
        <translation>回答的速度</translation>
    </message>
    <message>
        <source>From sending to the first token</source>
        <translation>从发送到第一个词元</translation>
    </message>
    <message>
        <source>Tokens in the context, of its length</source>
        <translation>上下文中的词元数 / 上下文长度</translation>
    </message>
    <message>
        <source>Resident memory of this program, mapped weights included</source>
        <translation>本程序的常驻内存，包括映射的权重</translation>
    </message>
    <message>
        <source>no checkpoint</source>
        <translation>没有检查点</translation>
    </message>
    <message>
        <source>prompt %1</source>
        <translation>提示 %1</translation>
    </message>
    <message>
        <source>answer %1</source>
        <translation>回答 %1</translation>
    </message>
    <message>
        <source>first token %1</source>
        <translation>首个词元 %1</translation>
    </message>
    <message>
        <source>context %1 / %2</source>
        <translation>上下文 %1 / %2</translation>
    </message>
    <message>
        <source>context –</source>
        <translation>上下文 –</translation>
    </message>
    <message>
        <source>memory %1</source>
        <translation>内存 %1</translation>
    </message>
    <message>
        <source>Tokens drafted by the MTP module that the model itself then drew</source>
        <translation>由 MTP 模块起草、随后被模型自己抽取的词元</translation>
    </message>
    <message>
        <source>drafts taken %1 of %2 (%3)</source>
        <translation>采纳草稿 %1 / %2（%3）</translation>
    </message>
    <message>
        <source>What the model takes of the GPU&apos;s memory, and what stays outside</source>
        <translation>模型占用的 GPU 内存，以及留在外面的部分</translation>
    </message>
    <message>
        <source>GPU memory %1</source>
        <translation>GPU 内存 %1</translation>
    </message>
    <message>
        <source>%1, experts of %2 of %3 layers in main memory (%4)</source>
        <translation>%1，%3 层中 %2 层的专家在主内存（%4）</translation>
    </message>
</context>
<context>
    <name>ui::SystemPromptEditor</name>
    <message>
        <source>System prompt</source>
        <translation>系统提示</translation>
    </message>
    <message>
        <source>No system prompt. What is written here stands before the first message.</source>
        <translation>没有系统提示。写在这里的内容位于第一条消息之前。</translation>
    </message>
    <message>
        <source>For this conversation, from its next message on.</source>
        <translation>用于本对话，从下一条消息起。</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>使用</translation>
    </message>
</context>
<context>
    <name>ui::TemplateChoice</name>
    <message>
        <source>Chat template</source>
        <translation>对话模板</translation>
    </message>
    <message>
        <source>Automatic: the checkpoint&apos;s own, else the one that fits</source>
        <translation>自动：检查点自带的，否则选合适的</translation>
    </message>
    <message>
        <source>Built-in: %1</source>
        <translation>内置：%1</translation>
    </message>
    <message>
        <source>From a file…</source>
        <translation>来自文件…</translation>
    </message>
    <message>
        <source>Templates (*.jinja *.jinja2 *.txt *.json);;All files (*)</source>
        <translation>模板 (*.jinja *.jinja2 *.txt *.json);;所有文件 (*)</translation>
    </message>
    <message>
        <source>This file holds no template: found no {{ and no {%.</source>
        <translation>此文件不含模板：没有 {{ 也没有 {%。</translation>
    </message>
</context>
<context>
    <name>ui::TensorDetail</name>
    <message>
        <source>query projection</source>
        <translation>查询投影</translation>
    </message>
    <message>
        <source>key projection</source>
        <translation>键投影</translation>
    </message>
    <message>
        <source>value projection</source>
        <translation>值投影</translation>
    </message>
    <message>
        <source>query down-projection</source>
        <translation>查询降维投影</translation>
    </message>
    <message>
        <source>query up-projection</source>
        <translation>查询升维投影</translation>
    </message>
    <message>
        <source>key-value down-projection to the latent</source>
        <translation>键值降维到潜变量的投影</translation>
    </message>
    <message>
        <source>key-value up-projection from the latent</source>
        <translation>由潜变量升维到键值的投影</translation>
    </message>
    <message>
        <source>key up-projection from the latent</source>
        <translation>由潜变量升维到键的投影</translation>
    </message>
    <message>
        <source>value up-projection from the latent</source>
        <translation>由潜变量升维到值的投影</translation>
    </message>
    <message>
        <source>attention output projection</source>
        <translation>注意力输出投影</translation>
    </message>
    <message>
        <source>router: one row per expert</source>
        <translation>路由器：每个专家一行</translation>
    </message>
    <message>
        <source>router&apos;s bias, for choosing only</source>
        <translation>路由器偏置，只用于选择</translation>
    </message>
    <message>
        <source>Choose a tensor to see what it is and what it holds.</source>
        <translation>选择一个张量，即可看到它是什么、有哪些取值。</translation>
    </message>
    <message>
        <source>Read values</source>
        <translation>读取取值</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Reads every element of the tensor from its file</source>
        <translation>从文件读取该张量的每个元素</translation>
    </message>
    <message>
        <source>Reading the tensor</source>
        <translation>正在读取张量</translation>
    </message>
    <message>
        <source>Elements per bin</source>
        <translation>每个区间的元素数</translation>
    </message>
    <message>
        <source>log</source>
        <translation>对数</translation>
    </message>
    <message>
        <source>Counts on a logarithmic scale: shows the few far values</source>
        <translation>计数用对数刻度：可看到少数远离的值</translation>
    </message>
    <message>
        <source>, layer %1</source>
        <translation>，第 %1 层</translation>
    </message>
    <message>
        <source>, expert %1</source>
        <translation>，专家 %1</translation>
    </message>
    <message>
        <source>Part</source>
        <translation>部分</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>用途</translation>
    </message>
    <message>
        <source>Shape</source>
        <translation>形状</translation>
    </message>
    <message>
        <source>%1, %2 elements</source>
        <translation>%1，%2 个元素</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>%1, %2 bits per element</source>
        <translation>%1，每元素 %2 位</translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation>字节</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Cannot be read: %1</source>
        <translation>无法读取：%1</translation>
    </message>
    <message>
        <source>Range</source>
        <translation>范围</translation>
    </message>
    <message>
        <source>%1 … %2</source>
        <translation>%1 … %2</translation>
    </message>
    <message>
        <source>Mean</source>
        <translation>平均值</translation>
    </message>
    <message>
        <source>Deviation</source>
        <translation>标准差</translation>
    </message>
    <message>
        <source>Zeros</source>
        <translation>零</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 / %2</translation>
    </message>
    <message>
        <source>Not numbers</source>
        <translation>非数</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>%1 NaN, %2 infinite</source>
        <translation>NaN %1 个，无穷 %2 个</translation>
    </message>
    <message>
        <source>Scales</source>
        <translation>缩放</translation>
    </message>
    <message>
        <source>applied, one per block of 128 × 128</source>
        <translation>已应用，每 128 × 128 块一个</translation>
    </message>
</context>
<context>
    <name>ui::TensorTableModel</name>
    <message>
        <source>%1, expert %2</source>
        <translation>%1，专家 %2</translation>
    </message>
    <message>
        <source>name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>shape</source>
        <translation>形状</translation>
    </message>
    <message>
        <source>type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>bytes</source>
        <translation>字节</translation>
    </message>
    <message>
        <source>part</source>
        <translation>部分</translation>
    </message>
    <message>
        <source>layer</source>
        <translation>层</translation>
    </message>
    <message>
        <source>file</source>
        <translation>文件</translation>
    </message>
</context>
<context>
    <name>ui::TensorWindow</name>
    <message>
        <source>Tensors</source>
        <translation>张量</translation>
    </message>
    <message>
        <source>Search by name, part, type or file: every word must be there</source>
        <translation>按名称、部分、类型或文件搜索：每个词都须出现</translation>
    </message>
    <message>
        <source>Search tensors</source>
        <translation>搜索张量</translation>
    </message>
    <message>
        <source>Tensors of %1</source>
        <translation>%1 的张量</translation>
    </message>
    <message>
        <source>Reading headers…</source>
        <translation>正在读取文件头…</translation>
    </message>
    <message>
        <source>%1 of %2 tensors, %3</source>
        <translation>%1 / %2 个张量，%3</translation>
    </message>
</context>
<context>
    <name>ui::TimelineStrip</name>
    <message>
        <source>Token timeline</source>
        <translation>词元时间线</translation>
    </message>
    <message>
        <source>One mark per token. Left and right choose a token, Home the first, End follows the newest.</source>
        <translation>每个词元一个标记。左右键选择词元，Home 选第一个，End 跟随最新的。</translation>
    </message>
    <message>
        <source>live</source>
        <translation>实时</translation>
    </message>
    <message>
        <source>drawn by the model</source>
        <translation>由模型抽取</translation>
    </message>
    <message>
        <source>part of the prompt</source>
        <translation>属于提示</translation>
    </message>
    <message>
        <source>log-probability	%1</source>
        <translation>对数概率	%1</translation>
    </message>
    <message>
        <source>probability	%1</source>
        <translation>概率	%1</translation>
    </message>
    <message>
        <source>not yet through the model: no routing</source>
        <translation>尚未经过模型：没有路由</translation>
    </message>
    <message>
        <source>Follow the newest token (End)</source>
        <translation>跟随最新的词元（End）</translation>
    </message>
    <message>
        <source>surprise</source>
        <translation>意外</translation>
    </message>
    <message>
        <source>entropy</source>
        <translation>熵</translation>
    </message>
    <message>
        <source>margin</source>
        <translation>差距</translation>
    </message>
    <message>
        <source>router</source>
        <translation>路由器</translation>
    </message>
    <message>
        <source>What the bars show</source>
        <translation>条形表示什么</translation>
    </message>
    <message>
        <source>What the bars show:
surprise: −ln p of the token that was drawn
entropy: of the distribution it was drawn from
margin: between the two most probable tokens
router: entropy of the chosen experts&apos; weights, mean over the layers</source>
        <translation>条形表示什么：
意外：所抽取词元的 −ln p
熵：抽取时所用分布的熵
差距：最可能的两个词元之间
路由器：选中专家权重的熵，各层平均</translation>
    </message>
    <message>
        <source>Bars: −ln p of the token the model drew, p being the model&apos;s own probability.
At %1 and above (p ≤ %2) a bar is full.</source>
        <translation>条形：模型所抽取词元的 −ln p，p 为模型自身的概率。
达到 %1 及以上（p ≤ %2）时条形为满。</translation>
    </message>
    <message>
        <source>Bars: entropy of the distribution the token was drawn from, in nats, before the sampler. At %1 and above a bar is full.</source>
        <translation>条形：抽取词元所用分布的熵，单位 nat，采样器之前。达到 %1 及以上时条形为满。</translation>
    </message>
    <message>
        <source>Bars: probability of the most probable token less that of the second. A full bar is 1: no doubt.</source>
        <translation>条形：最可能词元的概率减去第二名的概率。满条为 1：毫无疑问。</translation>
    </message>
    <message>
        <source>Bars: entropy of the chosen experts&apos; weights, mean over the layers, in nats. A full bar is %1: all chosen experts weigh the same.</source>
        <translation>条形：选中专家权重的熵，各层平均，单位 nat。满条为 %1：选中的专家权重相同。</translation>
    </message>
    <message>
        <source>entropy	%1 nats</source>
        <translation>熵	%1 nat</translation>
    </message>
    <message>
        <source>margin to the second	%1</source>
        <translation>与第二名的差距	%1</translation>
    </message>
    <message>
        <source>router entropy	%1 nats</source>
        <translation>路由器熵	%1 nat</translation>
    </message>
    <message>
        <source>Prompt tokens hang below the line.
Wheel scrolls, Ctrl with the wheel zooms.</source>
        <translation>提示词元挂在线下。
滚轮滚动，Ctrl 加滚轮缩放。</translation>
    </message>
</context>
<context>
    <name>ui::TokenHeader</name>
    <message>
        <source>Selected token</source>
        <translation>所选词元</translation>
    </message>
    <message>
        <source>Copy the address of the token in view</source>
        <translation>复制当前词元的地址</translation>
    </message>
    <message>
        <source>Copy address</source>
        <translation>复制地址</translation>
    </message>
</context>
</TS>
